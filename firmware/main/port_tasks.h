#ifndef PORT_TASKS_H
#define PORT_TASKS_H

/*
 * Who runs where. The app computes on core 1, where nothing else does; core 0 has ESP-IDF's own tasks, the card's reader,
 * and the second half of what hal.parallel() shares out. The reader goes first there: it mostly sleeps until the card's DMA
 * is done, and a card that waits costs more than the worker's few microseconds.
 */
#define PORT_APP_CORE 1
#define PORT_OTHER_CORE 0
#define PORT_APP_PRIORITY 5
#define PORT_WORKER_PRIORITY 5
#define PORT_READER_PRIORITY 6

/**
 * Which of a task's notifications means what. A read may end while both cores compute, so the two must not share one;
 * 0 is left to ESP-IDF's own drivers. CONFIG_FREERTOS_TASK_NOTIFICATION_ARRAY_ENTRIES is 3 for this.
 */
enum port_notification { PORT_NOTIFY_READER = 1, PORT_NOTIFY_CORES = 2 };

#endif

#include "port_cores.h"

#include "port_state.h"
#include "port_tasks.h"
#include "port_watchdog.h"

/** Kernels keep their buffers in the arena; what is left are a few frames and the register windows of an interrupt. */
#define WORKER_STACK_BYTES 4096

static void work(void *ctx)
{
    struct port_cores *cores = ctx;
    port_watchdog_join();
    for (;;) {
        const uint32_t called =
            ulTaskNotifyTakeIndexed(PORT_NOTIFY_CORES, pdTRUE, pdMS_TO_TICKS(PORT_WATCHDOG_NAP_MS));
        port_watchdog_feed();
        if (!called) continue;
        cores->task(cores->arg, 1);
        xTaskNotifyGiveIndexed(cores->caller, PORT_NOTIFY_CORES);
    }
}

bool port_cores_start(struct port_cores *cores)
{
    return xTaskCreatePinnedToCore(work, "worker", WORKER_STACK_BYTES, cores, PORT_WORKER_PRIORITY, &cores->worker,
                                   PORT_OTHER_CORE) == pdPASS;
}

/** A worker that never comes back is the watchdog's to end, and so is its caller here. */
void port_cores_parallel(void *ctx, void (*task)(void *arg, uint32_t core), void *arg)
{
    struct port_cores *cores = &((struct port_state *)ctx)->cores;
    cores->caller = xTaskGetCurrentTaskHandle();
    cores->task = task;
    cores->arg = arg;
    port_watchdog_feed();
    xTaskNotifyGiveIndexed(cores->worker, PORT_NOTIFY_CORES);
    task(arg, 0);
    ulTaskNotifyTakeIndexed(PORT_NOTIFY_CORES, pdTRUE, portMAX_DELAY);
}

#ifndef PORT_WATCHDOG_H
#define PORT_WATCHDOG_H

/*
 * The task watchdog watches the two tasks that compute, not the idle tasks: a token may keep a core busy for seconds, and
 * that is no fault (sdkconfig.defaults turns the idle tasks' checks off). Each of them says that it lives whenever it calls
 * the port or is called by it; one that does not for CONFIG_ESP_TASK_WDT_TIMEOUT_S seconds hangs, and is a panic.
 */

/** Has the calling task watched from now on. */
void port_watchdog_join(void);

/** The calling task lives. */
void port_watchdog_feed(void);

/** Longest sleep of a watched task that waits for work, in milliseconds: well within the watchdog's period. */
#define PORT_WATCHDOG_NAP_MS 1000

#endif

#include "port_watchdog.h"

#include "esp_err.h"
#include "esp_task_wdt.h"

void port_watchdog_join(void)
{
    ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
}

void port_watchdog_feed(void)
{
    esp_task_wdt_reset();
}

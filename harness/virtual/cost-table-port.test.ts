import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { loadCostTable } from './cost-table.js';

const firmware = join(packageRoot, 'firmware');
const textOf = (name: string) => readFileSync(join(firmware, name), 'utf8');

/** The one number that `pattern` finds in a file of the firmware. */
function figure(name: string, pattern: RegExp): number {
  const found = [...textOf(name).matchAll(pattern)].map(([, digits]) => Number(digits));
  expect(found, `${name}: ${pattern}`).to.have.length(1);
  return found[0]!;
}

const defined = (name: string, macro: string) => figure(name, new RegExp(`^#define ${macro} (\\d+)$`, 'gm'));

describe("the cost table's figures of the port", () => {
  const { uart, memory, cpuMhz } = loadCostTable();

  it("are those that the port gives the UART's driver", () => {
    const source = 'main/port_uart.c';
    expect(uart.rxRingBytes.value).to.equal(defined(source, 'RX_RING_BYTES'));
    expect(uart.rxFullThresholdBytes.value).to.equal(defined(source, 'RX_FULL_THRESHOLD'));
    expect(uart.rxIdleSymbols.value).to.equal(defined(source, 'RX_TIMEOUT_CHARACTERS'));
    for (const call of [
      'uart_driver_install(PORT, RX_RING_BYTES,',
      'uart_set_rx_full_threshold(PORT, RX_FULL_THRESHOLD)',
      'uart_set_rx_timeout(PORT, RX_TIMEOUT_CHARACTERS)',
    ])
      expect(textOf(source)).to.include(call);
  });

  it("have the stack of the app's task", () => {
    const option = /config BENCH_STACK_BYTES\n\s*int .*\n\s*default (\d+)\n/g;
    expect(memory.appTaskStackBytes.value).to.equal(figure('main/Kconfig.projbuild', option));
    expect(textOf('main/main.c')).to.match(
      /xTaskCreatePinnedToCore\(run_bench, "bench", CONFIG_BENCH_STACK_BYTES,/,
    );
    for (const name of ['sdkconfig.defaults', 'sdkconfig.4bit', 'sdkconfig.rev3'])
      expect(textOf(name), 'the default stands').to.not.match(/^CONFIG_BENCH_STACK_BYTES/m);
  });

  it('assume the clock and the bus that it is configured for', () => {
    const text = textOf('sdkconfig.defaults');
    expect(cpuMhz.value).to.equal(
      figure('sdkconfig.defaults', /^CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ_(\d+)=y$/gm),
    );
    expect(memory.psramBandwidth.source).to.include('at 80 MHz');
    expect(text)
      .to.match(/^CONFIG_SPIRAM_SPEED_80M=y$/m)
      .and.to.match(/^CONFIG_ESPTOOLPY_FLASHFREQ_80M=y$/m);
  });
});

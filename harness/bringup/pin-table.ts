/** One pin of the ESP32-CAM as this project uses it, and what it does to people who do not know. */
export interface Pin {
  readonly pin: string;
  readonly use: string;
  readonly trap: string;
}

/**
 * The pins of an AI-Thinker ESP32-CAM on its ESP32-CAM-MB programmer: the SD card's are the seeds' own pinout, the strapping rules
 * are the ESP32 datasheet's.
 */
export const pinTable: readonly Pin[] = [
  { pin: '5V', use: 'supply', trap: 'feed 5 V, not 3.3 V; keep Wi-Fi and camera off, or it browns out' },
  { pin: 'EN', use: 'reset, driven by RTS', trap: 'RTS left asserted holds the board silent' },
  {
    pin: 'GPIO0',
    use: 'boot mode, driven by DTR; camera clock',
    trap: 'low at reset selects the loader: DTR must be released for a normal start',
  },
  { pin: 'GPIO1, 3', use: 'UART0 TX, RX', trap: 'cross them: the adapter’s TX goes to GPIO3' },
  {
    pin: 'GPIO2',
    use: 'SD_D0',
    trap: 'pulled high it blocks the loader: take the card out if none answers',
  },
  { pin: 'GPIO4', use: 'SD_D1, flash LED', trap: 'the LED flickers with a card in 4-bit mode' },
  {
    pin: 'GPIO12',
    use: 'SD_D2; flash voltage',
    trap: 'must be low at reset (3.3 V flash): a card’s pull-up can stop the boot',
  },
  { pin: 'GPIO13', use: 'SD_D3', trap: 'wants a pull-up, also in 1-bit mode' },
  { pin: 'GPIO14', use: 'SD_CLK', trap: '' },
  { pin: 'GPIO15', use: 'SD_CMD', trap: 'low at reset silences the ROM’s messages' },
  { pin: 'GPIO16', use: 'PSRAM chip select', trap: 'leave it alone' },
];

/** What no pin shows. */
export const wiringAdvice: readonly string[] = [
  '1-bit card mode is the safe default: it leaves GPIO4, 12 and 13 alone.',
  'Opening the port resets the board; all ESP32-CAM adapters look the same, only the MAC tells boards apart.',
];

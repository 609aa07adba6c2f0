import { type ChipIdentity, macBytes } from '../chip-identity.js';

/**
 * The first seven words of eFuse block 0 of an ESP32-D0WD (dual core, Wi-Fi and Bluetooth, rated for 240 MHz) with
 * this MAC and revision. Places of the bits: ESP-IDF `esp_efuse_table.csv` and esptool's `targets/esp32.py`.
 */
export function efuseWords(chip: ChipIdentity): Uint32Array {
  const mac = macBytes(chip.mac);
  const major = Math.floor(chip.revision / 100);
  const words = new Uint32Array(7);
  words[1] = (mac[2]! << 24) | (mac[3]! << 16) | (mac[4]! << 8) | mac[5]!;
  words[2] = (macCrc8(mac) << 16) | (mac[0]! << 8) | mac[1]!;
  words[3] = ratedFor240Mhz | (major >= 1 ? revisionBit0 : 0) | (packageVersion(major) << 9);
  words[4] = rtcOscillatorUnits;
  words[5] = ((chip.revision % 100) << 24) | (major >= 2 ? revisionBit1 : 0);
  return words;
}

/** SYSCON_DATE, whose top bit is the third bit of the major revision. */
export function sysconDate(chip: ChipIdentity): number {
  return (chip.revision >= 300 ? 0x80000000 : 0) + 0x16042000;
}

/**
 * The ROM measures its crystal against the chip's 8 MHz oscillator, whose frequency the factory stored in units of
 * 62.5 kHz, and counts crystal cycles (RTCCALICFG1). That oscillator drifts: here the ROM takes the crystal to be half
 * a percent faster than it is. Formula: `get_rom_cal_crystal_freq` of esptool's targets/esp32.py.
 */
const rtcOscillatorUnits = 136;
const drift = 1.005;

/** RTCCALICFG1: the count in bits 7 .. 31. */
export function crystalCalibration(chip: ChipIdentity): number {
  return (calibrationCount(chip) << 7) >>> 0;
}

/** What the ROM takes its crystal's frequency to be. */
export function romClockHz(chip: ChipIdentity): number {
  return (calibrationCount(chip) * 15_625 * rtcOscillatorUnits) / 40;
}

function calibrationCount({ crystalMhz }: ChipIdentity): number {
  return Math.round((crystalMhz * 1e6 * drift * 40) / (15_625 * rtcOscillatorUnits));
}

const ratedFor240Mhz = 1 << 13;
const revisionBit0 = 1 << 15;
const revisionBit1 = 1 << 20;

/** 0 is the 6 x 6 mm D0WDQ6 of the early revisions, 1 the D0WD. */
function packageVersion(major: number): number {
  return major >= 3 ? 1 : 0;
}

/** CRC-8 with polynomial 0x8C, least significant bit first, as the factory stores it beside the MAC. */
function macCrc8(mac: Uint8Array): number {
  let crc = 0;
  for (const byte of mac) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
  }
  return crc;
}

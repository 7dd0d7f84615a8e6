import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFormats } from './formats.ts';

const now = new Date(2026, 10, 23, 0, 30).getTime();
const [british, american, german] = ['en-GB', 'en-US', 'de-DE'].map(createFormats) as [Formats, Formats, Formats];
type Formats = ReturnType<typeof createFormats>;

describe('dates and numbers', () => {
  it('name days as people do, with the year for other years', () => {
    const days = [
      new Date(2026, 10, 23, 0, 0),
      new Date(2026, 10, 22, 23, 59),
      new Date(2026, 10, 21, 23, 59),
      new Date(2026, 10, 19, 8),
      new Date(2025, 10, 23, 0, 30),
    ];
    const namesIn = ({ dayName }: Formats) => days.map((date) => dayName(date.getTime(), now));
    assert.deepEqual(namesIn(british), [
      'Today',
      'Yesterday',
      'Saturday 21 November',
      'Thursday 19 November',
      'Sun, 23 Nov 2025',
    ]);
    assert.deepEqual(namesIn(german), [
      'Heute',
      'Gestern',
      'Samstag, 21. November',
      'Donnerstag, 19. November',
      'So., 23. Nov. 2025',
    ]);
  });

  it('are in one form everywhere, that of the language', () => {
    const time = new Date(2026, 10, 7, 14, 36).getTime();
    const written = ({ longDate, shortDate, dateAndTime, monthName }: Formats) =>
      [longDate(time), shortDate(time), dateAndTime(time), monthName(time)].map((text) => text.replace('\u202f', ' '));
    assert.deepEqual(written(british), ['7 November 2026', '7 Nov 2026', '7 Nov 2026, 14:36', 'Nov']);
    assert.deepEqual(written(american), ['November 7, 2026', 'Nov 7, 2026', 'Nov 7, 2026, 2:36 PM', 'Nov']);
    assert.deepEqual(written(german), ['7. November 2026', '7. Nov. 2026', '7. Nov. 2026, 14:36', 'Nov']);
  });

  it('separate thousands and decimals as the language does', () => {
    const written = ({ numberText, sizeText, speedText }: Formats) => [
      numberText(12_345),
      ...[0, 1_023, 1_536, 3_565_158, 63 * 1_048_576, 5 * 1_024 ** 4].map(sizeText),
      speedText(3.44 * 1_048_576),
    ];
    assert.deepEqual(written(british), [
      '12,345',
      '0 bytes',
      '1,023 bytes',
      '1.5 KB',
      '3.4 MB',
      '63 MB',
      '5 TB',
      '3.4 MB/s',
    ]);
    assert.deepEqual(written(german).slice(0, 5), ['12.345', '0 bytes', '1.023 bytes', '1,5 KB', '3,4 MB']);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFormats } from './formats.ts';

const now = new Date(2026, 10, 23, 0, 30).getTime();
const [british, american, german] = ['en-GB', 'en-US', 'de-DE'].map((locale) => createFormats(locale)) as [
  Formats,
  Formats,
  Formats,
];
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

  it('of a clock are the same wherever the browser is, and its later days are today', () => {
    const clocks = createFormats('en-GB', 'UTC');
    const days = ['2026-11-23T00:10', '2026-11-22T23:59', '2026-12-24T08:00', '1968-07-14T18:00', '0050-01-01T00:00'];
    assert.deepEqual(
      days.map((clock) => clocks.dayName(Date.parse(`${clock}Z`), now)),
      ['Today', 'Yesterday', 'Today', 'Sun, 14 Jul 1968', 'Sat, 1 Jan 50'],
    );
    assert.equal(new Date(clocks.monthStart({ year: 50, month: 12 })).toISOString(), '0051-01-01T00:00:00.000Z');
    assert.deepEqual(clocks.calendarMonth(Date.parse('0050-12-31T23:59Z')), { year: 50, month: 11 });
  });

  it('separate thousands and decimals as the language does', () => {
    const written = ({ numberText, sizeText }: Formats) => [
      numberText(12_345),
      ...[0, 1_023, 1_536, 3_565_158, 63 * 1_048_576, 5 * 1_024 ** 4].map(sizeText),
    ];
    assert.deepEqual(written(british), ['12,345', '0 bytes', '1,023 bytes', '1.5 KB', '3.4 MB', '63 MB', '5 TB']);
    assert.deepEqual(written(german).slice(0, 5), ['12.345', '0 bytes', '1.023 bytes', '1,5 KB', '3,4 MB']);
  });
});

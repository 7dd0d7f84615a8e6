import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DateTexts, takenOf } from './taken.ts';
import { wallClockMs } from './wall-clock.ts';

/** A day after an upload on 28 November 2026, 10:00 UTC. */
const LATEST_MS = Date.parse('2026-11-29T10:00:00Z');

/** The numbers are those of Immich's issues. Expected: the date, the offset and the source, or null. */
const CASES: readonly (readonly [name: string, says: DateTexts, expected: readonly (string | null)[] | null])[] = [
  [
    '#3154: no offset is no offset, not UTC',
    { exif: { original: '2022:10:02 16:18:17' } },
    ['2022-10-02T16:18:17.000', null, 'exif-original'],
  ],
  [
    '#6589: late in the evening of 30 December',
    { exif: { original: '2023:12:30 23:04:21' } },
    ['2023-12-30T23:04:21.000', null, 'exif-original'],
  ],
  [
    '#6799: a phone with an offset, beside a camera without',
    { exif: { original: '2024:01:10 14:05:00', originalOffset: '+01:00' } },
    ['2024-01-10T14:05:00.000', '+01:00', 'exif-original'],
  ],
  [
    '#14824: a fraction of two digits, and an offset of half an hour',
    { exif: { original: '2024:02:21 10:14:22', originalFraction: '27', originalOffset: '-05:30' } },
    ['2024-02-21T10:14:22.270', '-05:30', 'exif-original'],
  ],
  [
    '#15639: taken in summer, edited in winter',
    {
      exif: {
        original: '2023:07:01 12:00:00',
        originalOffset: '+02:00',
        modified: '2024:01:05 09:00:00',
        modifiedOffset: '+01:00',
      },
    },
    ['2023-07-01T12:00:00.000', '+02:00', 'exif-original'],
  ],
  [
    '#15639: taken in winter, edited in summer, whose offset alone is known',
    { exif: { original: '2023:01:01 12:00:00', modified: '2024:07:05 09:00:00', modifiedOffset: '+02:00' } },
    ['2023-01-01T12:00:00.000', null, 'exif-original'],
  ],
  [
    '#20839: OffsetTime of another zone',
    {
      exif: {
        original: '2024:12:21 23:39:24',
        originalFraction: '67',
        originalOffset: '+01:00',
        modified: '2024:12:21 23:39:24',
        modifiedOffset: '+08:00',
      },
    },
    ['2024-12-21T23:39:24.670', '+01:00', 'exif-original'],
  ],
  [
    '#28742: OffsetTime of an unchanged picture',
    { exif: { original: '2025:05:01 02:13:00', modified: '2025:05:01 02:13:00', modifiedOffset: '+02:00' } },
    ['2025-05-01T02:13:00.000', '+02:00', 'exif-original'],
  ],
  [
    'a blank OffsetTimeOriginal is as if there were none',
    {
      exif: {
        original: '2025:05:01 02:13:00',
        originalOffset: '   :',
        modified: '2025:05:01 02:13:00',
        modifiedOffset: '+02:00',
      },
    },
    ['2025-05-01T02:13:00.000', '+02:00', 'exif-original'],
  ],
  [
    'a clock that was reset when the picture was digitized',
    { exif: { original: '2013:03:03 10:00:00', digitized: '2002:01:01 00:00:00', digitizedOffset: '+01:00' } },
    ['2013-03-03T10:00:00.000', null, 'exif-original'],
  ],
  [
    'the digitized date has its own fraction and offset',
    { exif: { digitized: '2002:01:01 00:00:00', digitizedFraction: '5  ', digitizedOffset: '-0330' } },
    ['2002-01-01T00:00:00.500', '-03:30', 'exif-digitized'],
  ],
  [
    'the largest offset',
    { exif: { original: '2020:01:01 00:00:00', originalOffset: '+14:00' } },
    ['2020-01-01T00:00:00.000', '+14:00', 'exif-original'],
  ],
  [
    'an offset of no place on earth',
    { exif: { original: '2020:01:01 00:00:00', originalOffset: '+14:01' } },
    ['2020-01-01T00:00:00.000', null, 'exif-original'],
  ],
  [
    'an offset of 75 minutes',
    { exif: { original: '2020:01:01 00:00:00', originalOffset: '+05:75' } },
    ['2020-01-01T00:00:00.000', null, 'exif-original'],
  ],
  [
    'zeros, and a date in XMP',
    { exif: { original: '0000:00:00 00:00:00' }, xmp: { original: '2019-05-04T10:00:00+02:00' } },
    ['2019-05-04T10:00:00.000', '+02:00', 'xmp-original'],
  ],
  [
    'XMP lends no offset to the date of EXIF',
    { exif: { original: '2019:05:04 10:00:00' }, xmp: { original: '2019-05-04T10:00:00+02:00' } },
    ['2019-05-04T10:00:00.000', null, 'exif-original'],
  ],
  [
    'the properties of XMP in their order',
    { xmp: { created: '2018-03', createDate: '2020-01-01T10:00Z' } },
    ['2018-03-01T00:00:00.000', null, 'xmp-created'],
  ],
  ['a year of XMP', { xmp: { created: '1987' } }, ['1987-01-01T00:00:00.000', null, 'xmp-created']],
  [
    'XMP with nanoseconds, in UTC',
    { xmp: { createDate: '2020-01-01T10:00:00.123456789Z' } },
    ['2020-01-01T10:00:00.123', '+00:00', 'xmp-create-date'],
  ],
  [
    'a date in the future, and a digitized one',
    { exif: { original: '2099:01:01 00:00:00', digitized: '2018:01:01 00:00:00' } },
    ['2018-01-01T00:00:00.000', null, 'exif-digitized'],
  ],
  [
    'a day that no calendar has',
    { exif: { original: '2023:02:30 10:00:00', digitized: '2023:03:01 10:00:00' } },
    ['2023-03-01T10:00:00.000', null, 'exif-digitized'],
  ],
  ['a leap day', { exif: { original: '2024:02:29 10:00:00' } }, ['2024-02-29T10:00:00.000', null, 'exif-original']],
  ['an hour that no clock shows', { exif: { original: '2024:02:20 24:00:00' } }, null],
  ['year 0', { exif: { original: '0000:01:01 00:00:00' } }, null],
  ['year 1', { exif: { original: '0001:01:01 00:00:00' } }, ['0001-01-01T00:00:00.000', null, 'exif-original']],
  [
    'a photograph of 1826',
    { exif: { original: '1826:06:01 12:00:00' } },
    ['1826-06-01T12:00:00.000', null, 'exif-original'],
  ],
  [
    'the second before 1970',
    { exif: { original: '1969:12:31 23:59:59' } },
    ['1969-12-31T23:59:59.000', null, 'exif-original'],
  ],
  [
    'other separators',
    { exif: { original: '2024-02-20T10:00:00' } },
    ['2024-02-20T10:00:00.000', null, 'exif-original'],
  ],
  [
    'the time of a satellite is UTC, and says so',
    { gps: { date: '2024:07:14', time: [16, 22, 31.25] } },
    ['2024-07-14T16:22:31.250', '+00:00', 'gps'],
  ],
  [
    'a satellite doesn’t correct a clock',
    { exif: { original: '2024:07:14 23:30:00' }, gps: { date: '2024:07:15', time: [6, 30, 0] } },
    ['2024-07-14T23:30:00.000', null, 'exif-original'],
  ],
  [
    'hundredths of a satellite’s second',
    { gps: { date: '2024:07:14', time: [18, 22, 22.24] } },
    ['2024-07-14T18:22:22.240', '+00:00', 'gps'],
  ],
  ['a satellite’s 60th second', { gps: { date: '2024:07:15', time: [6, 30, 60] } }, null],
  [
    'tomorrow, east of the date line',
    { exif: { original: '2026:11:29 00:00:00' } },
    ['2026-11-29T00:00:00.000', null, 'exif-original'],
  ],
  [
    'the last moment that is believed',
    { exif: { original: '2026:11:29 10:00:00' } },
    ['2026-11-29T10:00:00.000', null, 'exif-original'],
  ],
  ['a second after it', { exif: { original: '2026:11:29 10:00:01' } }, null],
  ['blanks', { exif: { original: '    :  :     :  :' } }, null],
  ['nothing', {}, null],
];

describe('when a picture was taken', () => {
  for (const [name, says, expected] of CASES)
    it(name, () => {
      const taken = takenOf(says, LATEST_MS);
      assert.deepEqual(taken && [taken.at, taken.offset, taken.source], expected);
    });

  it('orders by what clocks showed, also before 1970', () => {
    const dates = ['0001:01:01 00:00:00', '1826:06:01 12:00:00', '1969:12:31 23:59:59', '1970:01:01 00:00:00'];
    const times = dates.map((original) => {
      const taken = takenOf({ exif: { original } }, LATEST_MS);
      assert.ok(taken);
      return wallClockMs(taken.at);
    });
    assert.deepEqual(times, [-62_135_596_800_000, -4_531_118_400_000, -1_000, 0]);
  });
});

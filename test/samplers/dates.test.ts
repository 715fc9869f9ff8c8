import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { dateText, parseDate } from '../../src/samplers/dates.js';
import { dateFormatter } from '../../src/samplers/strftime.js';

describe('the text of a date', () => {
  it.each([
    ['2024', '2024-01-01T00:00:00'],
    ['2024-03', '2024-03-01T00:00:00'],
    ['2024-3-5', '2024-03-05T00:00:00'],
    ['2024/03/05', '2024-03-05T00:00:00'],
    ['20240305', '2024-03-05T00:00:00'],
    ['20240305T103001', '2024-03-05T10:30:01'],
    [' 2024-03-05 10:30 ', '2024-03-05T10:30:00'],
    ['2024-03-05T10', '2024-03-05T10:00:00'],
    ['2024-03-05T10:30:01.999', '2024-03-05T10:30:01'],
    ['2024-03-05T10:30:00Z', '2024-03-05T10:30:00'],
    ['2024-03-05 10:30:00 UTC', '2024-03-05T10:30:00'],
    ['2024-03-05T00:30:00+02:00', '2024-03-04T22:30:00'],
    ['2024-03-05T22:30-0330', '2024-03-06T02:00:00'],
    ['5 March 2024', '2024-03-05T00:00:00'],
    ['Mar 5, 2024', '2024-03-05T00:00:00'],
    ['Tuesday, 5 Mar 2024 11:05 pm', '2024-03-05T23:05:00'],
    ['5-Mar-2024 12:00 AM', '2024-03-05T00:00:00'],
    ['March 2024', '2024-03-01T00:00:00'],
    ['3/5/2024', '2024-03-05T00:00:00'],
    ['31/3/2024', '2024-03-31T00:00:00'],
    ['31.3.2024', '2024-03-31T00:00:00'],
    ['2024-02-29', '2024-02-29T00:00:00'],
    ['0099-12-31', '0099-12-31T00:00:00'],
  ])('%s is %s', (text, expected) => {
    const time = parseDate(text);
    expect(time === undefined ? undefined : dateText(time)).toBe(expected);
  });

  it.each([
    '',
    '12',
    '24-01-05',
    '2023-02-29',
    '2024-13-01',
    '2024-31-03',
    '2024-01-05T24:00',
    '2024-01-05 10:60',
    '2024-01-05 13:00 PM',
    '2024-01-05 10:30 EST',
    '10:30',
    'May',
    'Jan 2024 foo',
    'foo 3',
    '2024 2025',
    '1/2/3/2024',
    '1704412800',
    '0000-01-01',
    'today',
  ])('%j is no date', (text) => {
    expect(parseDate(text)).toBeUndefined();
  });
});

test('every second from year 1 to 9999 has the text that ISO 8601 has for it', () => {
  const second = fc.integer({ min: Date.parse('0001-01-01') / 1000, max: Date.UTC(10_000, 0) / 1000 - 1 });
  fc.assert(
    fc.property(second, fc.integer({ min: 0, max: 999 }), (seconds, rest) => {
      const time = seconds * 1000 + rest;
      expect(dateText(time)).toBe(new Date(time).toISOString().slice(0, 19));
    }),
  );
});

describe('convert_to', () => {
  const all =
    '%a|%A|%w|%d|%b|%B|%m|%y|%Y|%H|%I|%p|%M|%S|%f|%z|%Z|%j|%U|%W|%c|%x|%X|%%|%G|%u|%V|%g|%D|%F|%T|%R|%h|%e|%k|%l|%r|%n|%t|%s|%-d|%-m|%-H|%-I|%_d|%0e|%-j|%-y';

  // What pandas.Timestamp.strftime writes, with Python 3.11 and the C library of GNU.
  it.each([
    [
      '2012-12-21T00:00:00',
      'Fri|Friday|5|21|Dec|December|12|12|2012|00|12|AM|00|00|000000|||356|51|51|Fri Dec 21 00:00:00 2012|12/21/12|00:00:00|%|2012|5|51|12|12/21/12|2012-12-21|00:00:00|00:00|Dec|21| 0|12|12:00:00 AM|\n|\t|1356048000|21|12|0|12|21|21|356|12',
    ],
    [
      '2024-01-01T09:05:07',
      'Mon|Monday|1|01|Jan|January|01|24|2024|09|09|AM|05|07|000000|||001|00|01|Mon Jan  1 09:05:07 2024|01/01/24|09:05:07|%|2024|1|01|24|01/01/24|2024-01-01|09:05:07|09:05|Jan| 1| 9| 9|09:05:07 AM|\n|\t|1704099907|1|1|9|9| 1|01|1|24',
    ],
    [
      '2021-01-03T23:59:59',
      'Sun|Sunday|0|03|Jan|January|01|21|2021|23|11|PM|59|59|000000|||003|01|00|Sun Jan  3 23:59:59 2021|01/03/21|23:59:59|%|2020|7|53|20|01/03/21|2021-01-03|23:59:59|23:59|Jan| 3|23|11|11:59:59 PM|\n|\t|1609718399|3|1|23|11| 3|03|3|21',
    ],
    [
      '1999-12-31T12:00:00',
      'Fri|Friday|5|31|Dec|December|12|99|1999|12|12|PM|00|00|000000|||365|52|52|Fri Dec 31 12:00:00 1999|12/31/99|12:00:00|%|1999|5|52|99|12/31/99|1999-12-31|12:00:00|12:00|Dec|31|12|12|12:00:00 PM|\n|\t|946641600|31|12|12|12|31|31|365|99',
    ],
    [
      '2020-02-29T00:30:00',
      'Sat|Saturday|6|29|Feb|February|02|20|2020|00|12|AM|30|00|000000|||060|08|08|Sat Feb 29 00:30:00 2020|02/29/20|00:30:00|%|2020|6|09|20|02/29/20|2020-02-29|00:30:00|00:30|Feb|29| 0|12|12:30:00 AM|\n|\t|1582936200|29|2|0|12|29|29|60|20',
    ],
  ])('writes all directives for %s as Python does', (iso, expected) => {
    expect(formatted(all, iso)).toBe(expected);
  });

  it.each([
    '%Y',
    '%B',
    '%Y-%m',
    '%H:%M',
    '%d.%m.%Y',
    '%x',
    '%X',
    '%F',
    'in %B',
    '%d/%m',
    '%A, %-d %B',
    '%Y年%m月%d日',
  ])('takes %s', (pattern) => {
    expect(dateFormatter(pattern).ok).toBe(true);
  });

  it.each([
    ['%A', '`%A` alone is no date: a year, a month or a second part is needed, as in `%A %d %B %Y`'],
    ['%H', '`%H` alone is no date: a year, a month or a second part is needed, as in `%A %d %B %Y`'],
    ['day %j%%', '`%j` alone is no date: a year, a month or a second part is needed, as in `%A %d %B %Y`'],
    ['hello', 'there is no directive of strftime in it, as in `%Y-%m-%d`, so all dates would look the same'],
    [
      '%Y %Q',
      '`%Q` is no directive of strftime; there are %a %A %b %B %c %d %D %e %F %f %g %G %h %H %I %j %k %l %m %M %n %p %R %r %s %S %t %T %u %U %V %w %W %x %X %y %Y %z %Z %%',
    ],
    [
      '%Y %',
      '`%` is no directive of strftime; there are %a %A %b %B %c %d %D %e %F %f %g %G %h %H %I %j %k %l %m %M %n %p %R %r %s %S %t %T %u %U %V %w %W %x %X %y %Y %z %Z %%',
    ],
  ])('refuses %s', (pattern, error) => {
    expect(dateFormatter(pattern)).toEqual({ ok: false, error });
  });
});

function formatted(pattern: string, iso: string): string {
  const format = dateFormatter(pattern);
  return format.ok ? format.value(iso) : format.error;
}

import type { Breakage } from './breakage.ts';
import type { Place } from './places.ts';

const ELISION = '…';

/** The source of the file with the breakage. Throws if the code isn't in that place, or is there twice. */
export function brokenSource({ file, source, start, end }: Place, { place, code, replacement }: Breakage): string {
  const within = source.slice(start, end);
  const [head = '', tail = ''] = code.split(ELISION);
  const places = within.split(head).length - 1;
  if (places !== 1) throw new Error(`expected the code once in ${place}, ${file}; found it ${places} times: ${head}`);
  const first = within.indexOf(head);
  const next = within.indexOf(tail, first + head.length);
  if (next === -1) throw new Error(`expected ${tail} after ${head} in ${place}, ${file}`);
  const elided = within.slice(first + head.length, next);
  const after = within.slice(next + tail.length);
  return [
    source.slice(0, start),
    within.slice(0, first),
    replacement.replace(ELISION, () => elided),
    after,
    source.slice(end),
  ].join('');
}

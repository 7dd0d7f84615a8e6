import { VARIABLES } from './variables.ts';

const NAMES: readonly string[] = Object.values(VARIABLES).map(({ name }) => name);

/**
 * A sentence for each line of an environment file that sets nothing, such as `AUTH api-key`: Node's parser skips it,
 * and the service would start open. Names a variable of ours, and nothing else of the line, which may be part of a
 * secret.
 */
export function idleLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  const sentences: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, value] = /^(?:export\s+)?[^=\s#]+\s*=\s*(.*)$/.exec(line) ?? [];
    if (value === undefined) sentences.push(sentenceOn(index + 1, line));
    else index += linesMore(lines, index, value);
  }
  return sentences;
}

/** How many further lines a quoted value has. A quote that isn't closed is a part of its line's value. */
function linesMore(lines: readonly string[], first: number, value: string): number {
  const quote = value[0] ?? '';
  if (!`"'\``.includes(quote) || value.includes(quote, 1)) return 0;
  const last = lines.findIndex((line, index) => index > first && line.includes(quote));
  return last < 0 ? 0 : last - first;
}

function sentenceOn(number: number, line: string): string {
  const [word = ''] = /\w+/.exec(line.replace(/^export\s/, '')) ?? [];
  const got = NAMES.includes(word) ? `${word} without "="` : 'another form';
  return `Line ${number} of .env sets nothing: expected NAME=value; got ${got}.`;
}

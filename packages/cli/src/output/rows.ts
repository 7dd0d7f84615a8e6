import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { shown } from './terminal-text.ts';

/** One thing in a list. */
export interface Row {
  readonly id: string;
  /** Short, in columns. */
  readonly facts: readonly string[];
  /** The row's name, of any length. */
  readonly name: string;
  /**
   * What a name needs beside the rest, in columns. It decides which facts are shown, so the same ones stand in every
   * row. Default 16.
   */
  readonly leastName?: number;
}

const GAP = '  ';
const LEAST_NAME = 16;

/**
 * One line on a terminal that is wide enough, with the facts that fit; two on a narrow one. Without a terminal, one
 * line with tabs and everything in it, for cut(1) and awk(1).
 */
export function rowText({ leastName = LEAST_NAME, ...row }: Row, columns: number | undefined): string {
  const [id, facts, name] = [shown(row.id), row.facts.map(shown), shown(row.name)];
  if (columns === undefined) return [id, ...facts, name].join('\t');
  const width = columns - 1;
  return (
    lineOf([id, ...facts], name, { width, least: 1, leastName }) ??
    `${id}\n${GAP}${below(facts, name, { width: width - GAP.length, leastName })}`
  );
}

const LABEL_WIDTH = 12;

/** One thing's facts, each after its name; on a terminal broken between words. */
export function factsText(facts: Readonly<Record<string, string>>, columns: number | undefined): string {
  return Object.entries(facts)
    .map(([name, value]) => {
      const text = columns === undefined ? shown(value) : wrapAnsi(shown(value), columns - 1 - LABEL_WIDTH);
      return name.padEnd(LABEL_WIDTH) + text.replaceAll('\n', `\n${' '.repeat(LABEL_WIDTH)}`);
    })
    .join('\n');
}

const below = (facts: readonly string[], name: string, room: { width: number; leastName: number }): string =>
  lineOf(facts, name, { ...room, least: 0 }) ?? cliTruncate(name, room.width, { position: 'middle' });

interface Room {
  readonly width: number;
  /** Parts that the line must have. */
  readonly least: number;
  readonly leastName: number;
}

/** The name after as many of the parts as leave room for it. */
function lineOf(parts: readonly string[], name: string, { width, least, leastName }: Room): string | undefined {
  for (let count = parts.length; count >= least; count -= 1) {
    const before = parts
      .slice(0, count)
      .map((part) => part + GAP)
      .join('');
    const room = width - stringWidth(before);
    if (room >= leastName) return before + cliTruncate(name, room, { position: 'middle' });
  }
  return undefined;
}

import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';

/** One thing in a list. */
export interface Row {
  readonly id: string;
  /** Short, in columns. */
  readonly facts: readonly string[];
  /** Of any length. */
  readonly name: string;
}

const GAP = '  ';
/** A name needs so many columns beside the rest. */
const NARROWEST_NAME = 16;

/**
 * One line on a terminal that is wide enough, with the facts that fit; two on a narrow one. Without a terminal, one line with tabs and
 * everything in it, for cut(1) and awk(1).
 */
export function rowText({ id, facts, name }: Row, columns: number | undefined): string {
  if (columns === undefined) return [id, ...facts, name].join('\t');
  const width = columns - 1;
  return lineOf([id, ...facts], name, { width, least: 1 }) ?? `${id}\n${GAP}${below(facts, name, width - GAP.length)}`;
}

const below = (facts: readonly string[], name: string, width: number): string =>
  lineOf(
    facts.map((fact) => fact.trim()).filter((fact) => fact !== ''),
    name,
    { width, least: 0 },
  ) ?? cliTruncate(name, width, { position: 'middle' });

/** The name after as many of the parts as leave room for it, at least so many of them. */
function lineOf(
  parts: readonly string[],
  name: string,
  { width, least }: { width: number; least: number },
): string | undefined {
  for (let count = parts.length; count >= least; count -= 1) {
    const before = parts
      .slice(0, count)
      .map((part) => part + GAP)
      .join('');
    const room = width - stringWidth(before);
    if (room >= Math.min(NARROWEST_NAME, stringWidth(name)))
      return before + cliTruncate(name, room, { position: 'middle' });
  }
  return undefined;
}

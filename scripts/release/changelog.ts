/** The parts of CHANGELOG.md that a release needs. */

const UNRELEASED = '## Unreleased';

/**
 * Gives what is unreleased a heading of its own. `date`: as 2026-11-25. Errors: if nothing is unreleased, or the
 * version is there.
 */
export function cutChangelog(text: string, { version, date }: { version: string; date: string }): string {
  const rest = sectionOf(text, UNRELEASED);
  if (!rest) throw new Error('expected changes below "## Unreleased" in CHANGELOG.md; got none');
  if (notesOf(text, version) !== undefined)
    throw new Error(`expected a version that CHANGELOG.md lacks; it has ${version}`);
  return text.replace(`${UNRELEASED}\n`, () => `${UNRELEASED}\n\n## ${version} - ${date}\n`);
}

/** The changes of a version, without its heading; undefined if it isn't there. */
export const notesOf = (text: string, version: string): string | undefined => sectionOf(text, `## ${version} - `);

function sectionOf(text: string, heading: string): string | undefined {
  const sections = text.split(/^(?=## )/m);
  const found = sections.find((one) => one.startsWith(heading));
  return found?.slice(found.indexOf('\n') + 1).trim();
}

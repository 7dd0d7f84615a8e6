import type { ShareLink } from '@safelight/client';
import type { Command } from 'commander';
import { answerOf } from '../answer-of.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { seconds } from './options.ts';

interface LinkOptions {
  readonly preset?: string;
  readonly expires?: number;
  readonly list?: boolean;
  readonly revoke?: string;
  readonly revokeAll?: boolean;
}

export function addLink(program: Command, start: Start): void {
  program
    .command('link')
    .summary('make a link that anyone may open')
    .description('Makes a link that anyone may open until it expires, and prints it.')
    .argument('<id>', 'image id')
    .option('-p, --preset <name>', 'to this rendition instead of the original')
    .option('-e, --expires <duration>', 'after 90s, 30m, 12h, 7d or 4w (default: 7d)', seconds)
    .option('--list', "instead: list the image's links")
    .option('--revoke <link-id>', 'instead: end this link')
    .option('--revoke-all', 'instead: end all links and signed URLs of the image')
    .action((id: string, options: LinkOptions, command: Command) =>
      start(command, (invocation) => link(invocation, id, options)),
    );
}

async function link(
  invocation: Invocation,
  id: string,
  { preset, expires, list, revoke, revokeAll }: LinkOptions,
): Promise<ExitCode> {
  const { client, output, isDryRun } = invocation;
  if ([list, revoke, revokeAll].filter((one) => one !== undefined).length > 1)
    throw wrongUsage('Only one of --list, --revoke and --revoke-all at a time.');
  if (list) {
    const links = answerOf<readonly ShareLink[]>(await client.images.links(id), [
      { ...LINK, link_id: 'text', what: 'text' },
    ]);
    for (const one of links) output.answer(one, textOf(one, output.columns));
    if (links.length === 0) output.say('No links.');
  } else if (isDryRun) {
    const plan = revokeAll
      ? 'All links would end'
      : revoke !== undefined
        ? 'The link would end'
        : 'A link would be made';
    output.answer({ event: 'planned', image_id: id }, `${plan}.`);
  } else if (revokeAll) {
    await client.images.revokeLinks(id);
    output.answer({ event: 'revoked', image_id: id }, 'All links and signed URLs of the image have ended.');
  } else if (revoke !== undefined) {
    await client.images.revokeLink(id, revoke);
    output.answer({ event: 'revoked', image_id: id, link_id: revoke }, 'The link has ended.');
  } else {
    const created = await client.images.createLink(id, {
      ...(preset !== undefined && { preset }),
      ...(expires !== undefined && { expiresIn: expires }),
    });
    const made = answerOf<ShareLink>(created, LINK);
    output.answer(made, shown(made.url));
    output.say(`Anyone with this link may open it until ${made.expires_at.slice(0, 16).replace('T', ' ')} UTC.`);
  }
  return EXIT.ok;
}

const LINK = { url: 'text', expires_at: 'text' } as const;

/** On a terminal the URL stands whole on a line of its own, to be copied. */
function textOf({ link_id: id, what, preset, expires_at: end, url }: ShareLink, columns: number | undefined): string {
  const target = what === 'preset' ? (preset ?? what) : what;
  const until = `until ${end.slice(0, 10)}`;
  if (columns === undefined) return rowText({ id, facts: [target, until], name: url }, columns);
  return `${rowText({ id, facts: [], name: `${target} ${until}` }, columns)}\n${shown(url)}`;
}

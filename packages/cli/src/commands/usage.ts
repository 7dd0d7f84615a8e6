import { type components, pagesOf } from '@safelight/client';
import type { Command } from 'commander';
import { answerOf } from '../answer-of.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { amount, counted } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import type { Start } from '../start.ts';

type Usage = components['schemas']['Usage'];
const USAGE = { limits: {} } as const;

export function addUsage(program: Command, start: Start): void {
  program
    .command('usage')
    .summary('show what is stored, and the quota')
    .description('Shows how much a user stores, and of how much. The service needs USAGE=on.')
    .option('--all', 'of every user, as an admin')
    .action(({ all }: { readonly all?: boolean }, command: Command) =>
      start(command, async (invocation) => {
        if (all) return everyone(invocation);
        const usage = answerOf<Usage>(await invocation.client.request('/usage'), USAGE);
        invocation.output.answer(usage, linesOf(usage).join('\n'));
        return EXIT.ok;
      }),
    );
}

async function everyone({ client, output }: Invocation) {
  for await (const { items } of pagesOf<Usage>('users', (cursor) => client.request('/users', { query: { cursor } })))
    for (const one of items) {
      const usage = answerOf<Usage>(one, { ...USAGE, user_id: 'text' });
      output.answer(usage, rowText(rowOf(usage), output.columns));
    }
  return EXIT.ok;
}

const rowOf = ({ user_id: user, bytes, images, limits }: Usage) => ({
  id: user,
  facts: [amount(bytes).padStart(8), counted(images, 'image')],
  name: limits.bytes === null ? 'no limit' : `of ${amount(limits.bytes)}`,
  leastName: 'of 1023 MB'.length,
});

function linesOf({
  bytes,
  images,
  pending,
  reserved_bytes: reserved,
  trashed_bytes: trashed,
  limits,
}: Usage): readonly string[] {
  const of = (limit: number | null, write: (value: number) => string): string =>
    limit === null ? '' : ` of ${write(limit)}`;
  return [
    `Stored   ${amount(bytes)}${of(limits.bytes, amount)}, in the trash ${amount(trashed)}`,
    `Images   ${images}${of(limits.images, String)}`,
    `Pending  ${pending}${of(limits.pending, String)}, ${amount(reserved)} reserved`,
  ];
}

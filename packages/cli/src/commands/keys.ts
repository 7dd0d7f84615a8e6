import { type components, pagesOf } from '@safelight/client';
import { type Command, Option } from 'commander';
import { answerOf } from '../answer-of.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { collectList, seconds, userName } from './options.ts';

type ApiKey = components['schemas']['ApiKey'];
type CreatedApiKey = components['schemas']['CreatedApiKey'];

interface CreateOptions {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly owner?: string;
  readonly actsAs?: readonly string[];
  readonly actsAsPrefix?: readonly string[];
  readonly expires?: number;
}

export function addKeys(program: Command, start: Start): void {
  const keys = program
    .command('keys')
    .summary('manage API keys, as an admin')
    .description('Manages the API keys of a service with AUTH=api-key. Needs the key of an admin.');
  keys
    .command('list', { isDefault: true })
    .description('Lists the keys, the newest first.')
    .addOption(new Option('--owner <user>', 'only keys of this user').argParser(userName))
    .action((options: { readonly owner?: string }, command: Command) =>
      start(command, (invocation) => list(invocation, options)),
    );
  keys
    .command('create')
    .description('Makes a key and prints it, once: the service keeps only its hash.')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption(
      '--scopes <scopes>',
      'images:read, images:upload, images:write, images:moderate, images:admin, users:erase (a,b or repeated)',
      collectList,
    )
    .addOption(new Option('--owner <user>', 'the key is this user').argParser(userName))
    .option('--acts-as <users>', "the key is a service for these users, or '*' for everyone", collectList)
    .addOption(
      new Option('--acts-as-prefix <prefixes>', 'the key is a service for users whose ids begin so: acme:')
        .argParser(collectList)
        .conflicts('actsAs'),
    )
    .addOption(new Option('-e, --expires <duration>', 'after 12h, 30d ... (default: never)').argParser(seconds))
    .action((options: CreateOptions, command: Command) => start(command, (invocation) => create(invocation, options)));
  keys
    .command('rotate')
    .description(
      'Makes a successor of a key and prints it, once. The former key works for some time more. Run again, it replaces a successor that was never used.',
    )
    .argument('<key-id>')
    .addOption(new Option('--overlap <duration>', 'how long the former key works (default: 7d)').argParser(seconds))
    .action((id: string, { overlap }: { readonly overlap?: number }, command: Command) =>
      start(command, (invocation) =>
        make(invocation, `/keys/${encodeURIComponent(id)}/rotate`, {
          ...(overlap !== undefined && { overlap_seconds: overlap }),
        }),
      ),
    );
  keys
    .command('revoke')
    .description('Ends a key: at once in the process that answers, within five seconds in every other.')
    .argument('<key-id>')
    .action((id: string, _options: object, command: Command) => start(command, (invocation) => revoke(invocation, id)));
}

const KEY = {
  key_id: 'text',
  acts_as: ['text', '?'],
  acts_as_prefixes: ['text', '-'],
  scopes: ['text'],
  expires_at: 'text?',
} as const;

async function list({ client, output }: Invocation, { owner }: { readonly owner?: string }) {
  let count = 0;
  const ask = (cursor: string | undefined) => client.request('/keys', { query: { owner, cursor } });
  for await (const { items } of pagesOf<ApiKey>('keys', ask)) {
    for (const one of items) {
      const key = answerOf<ApiKey>(one, KEY);
      output.answer(key, rowText(rowOf(key), output.columns));
    }
    count += items.length;
  }
  if (count === 0) output.say('No keys.');
  return EXIT.ok;
}

const create = (invocation: Invocation, { name, scopes, owner, actsAs, actsAsPrefix, expires }: CreateOptions) =>
  make(invocation, '/keys', {
    ...{ name, scopes },
    ...(owner !== undefined && { owner }),
    ...(actsAs !== undefined && { acts_as: actsAs }),
    ...(actsAsPrefix !== undefined && { acts_as_prefixes: actsAsPrefix }),
    ...(expires !== undefined && { expires_at: new Date(Date.now() + expires * 1000).toISOString() }),
  });

/** The key is the command's result, so it is printed; it is the only credential that ever is. */
async function make({ client, output, isDryRun }: Invocation, path: string, body: object) {
  if (isDryRun) {
    output.answer({ event: 'planned', ...body }, 'A key would be made.');
    return EXIT.ok;
  }
  // Repeating it would make two.
  const answer = await client.request(path, { method: 'POST', body, isOnce: true });
  const made = answerOf<CreatedApiKey>(answer, { key: 'text' });
  output.answer(made, shown(made.key));
  output.say(`Key ${made.key_id}. Keep it now: it can't be shown again.`);
  return EXIT.ok;
}

async function revoke({ client, output, isDryRun }: Invocation, id: string) {
  if (isDryRun) output.answer({ event: 'planned', key_id: id }, `Key ${id} would be revoked.`);
  else
    output.answer(
      (await client.request(`/keys/${encodeURIComponent(id)}`, { method: 'DELETE' })) as object,
      `Key ${id} is revoked.`,
    );
  return EXIT.ok;
}

function rowOf(key: ApiKey) {
  const { key_id: id, name, owner, acts_as: actsAs, acts_as_prefixes: prefixes, scopes } = key;
  const { expires_at: end, revoked_at: revokedAt } = key;
  const users = actsAs ?? prefixes?.map((prefix) => `${prefix}...`);
  const whose = owner ?? (users ? `for ${users.join(',')}` : 'admin');
  const state = revokedAt !== null ? 'revoked' : end === null ? '' : `until ${end.slice(0, 10)}`;
  return {
    id,
    facts: [whose, state].filter((fact) => fact !== ''),
    name: `${name}  ${scopes.join(',')}`,
    leastName: 30, // scopes are to be read
  };
}

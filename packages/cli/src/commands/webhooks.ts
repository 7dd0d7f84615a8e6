import type { ApiRequest, components } from '@safelight/client';
import { type Command, Option } from 'commander';
import { answerOf, type Shape } from '../answer-of.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { factsText, rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { typeOption } from './event-options.ts';
import { userName } from './options.ts';
import { addDeliveries } from './webhook-deliveries.ts';
import { pathOf, webhookId } from './webhook-id.ts';

type Webhook = components['schemas']['Webhook'];
type WithSecret = components['schemas']['WebhookWithSecret'];
type Test = components['schemas']['WebhookTest'];

const WEBHOOK: Shape = {
  ...{ webhook_id: 'text', url: 'text', types: ['text', '?'], user_id: 'text?' },
  ...{ former_secrets_until: ['text'], created_at: 'text', updated_at: 'text' },
};

interface Filter {
  readonly type?: readonly string[];
  readonly owner?: string;
}

interface CreateOptions extends Filter {
  readonly ownerPrefix?: string;
}

interface ChangeOptions extends Filter {
  readonly to?: string;
  readonly allTypes?: boolean;
  readonly everyone?: boolean;
}

const ownerOption = () => new Option('--owner <user>', "only events of this user's images").argParser(userName);

export function addWebhooks(program: Command, start: Start): void {
  const webhooks = program
    .command('webhooks')
    .summary('manage webhooks, as an admin')
    .description(
      'Manages webhooks: addresses that the service tells what becomes of images. The service needs EVENTS=on, and you the key of an admin.',
    );
  webhooks
    .command('list', { isDefault: true })
    .description('Lists the webhooks, the oldest first.')
    .action((_options: object, command: Command) => start(command, list));
  webhooks
    .command('create')
    .description('Makes a webhook and prints its secret, once. It gets every event from now on.')
    .argument('<address>', 'the receiver, such as https://shop.example/hooks')
    .addOption(typeOption())
    .addOption(ownerOption())
    .addOption(
      new Option('--owner-prefix <prefix>', 'only events of users whose ids begin so, as acme:')
        .argParser(userName)
        .conflicts('owner'),
    )
    .action((url: string, options: CreateOptions, command: Command) =>
      start(command, (invocation) => create(invocation, url, options)),
    );
  const of = (name: string, about: string, act: (invocation: Invocation, id: string) => Promise<ExitCode>): Command =>
    webhooks
      .command(name)
      .description(about)
      .argument('<id>', 'as `safelight webhooks` prints it', webhookId)
      .action((id: string, _options: object, command: Command) => start(command, (invocation) => act(invocation, id)));
  of('show', 'Shows a webhook.', show);
  webhooks
    .command('change')
    .description('Changes a webhook. Options that are left out stay as they are.')
    .argument('<id>', 'as `safelight webhooks` prints it', webhookId)
    .option('--to <address>', 'another receiver')
    .addOption(typeOption())
    .addOption(new Option('--all-types', 'events of all types').conflicts('type'))
    .addOption(ownerOption())
    .addOption(new Option('--everyone', "events of every user's images").conflicts('owner'))
    .action((id: string, options: ChangeOptions, command: Command) =>
      start(command, (invocation) => change(invocation, id, changeIn(options))),
    );
  of(
    'pause',
    'Sends nothing until `webhooks resume`. Events are kept as long as the log keeps them.',
    (invocation, id) => change(invocation, id, { paused: true }),
  );
  of('resume', 'Goes on where it was paused, also by the service itself.', (invocation, id) =>
    change(invocation, id, { paused: false }),
  );
  of('test', 'Sends a test message now, also to one that is paused, and says what came of it.', test);
  of('rotate', 'Makes a new secret and prints it, once. The former one signs too for 24 hours.', rotate);
  of('remove', 'Removes a webhook, and what it was still to be told.', remove);
  addDeliveries(webhooks, start);
}

const ask = ({ client, interruption }: Invocation, path: string, request: ApiRequest = {}) =>
  client.request(path, { ...request, signal: interruption.signal });

/** For --dry-run. */
function planned({ output }: Invocation, text: string, facts: object): ExitCode {
  output.answer({ event: 'planned', ...facts }, shown(text));
  return EXIT.ok;
}

async function list(invocation: Invocation) {
  const { output } = invocation;
  const { webhooks } = answerOf<components['schemas']['WebhookList']>(await ask(invocation, '/webhooks'), {
    webhooks: [WEBHOOK],
  });
  for (const webhook of webhooks) output.answer(webhook, rowText(rowOf(webhook), output.columns));
  if (webhooks.length === 0) output.say('No webhooks.');
  return EXIT.ok;
}

async function show(invocation: Invocation, id: string) {
  answer(invocation, await ask(invocation, pathOf(id)));
  return EXIT.ok;
}

function answer({ output }: Invocation, given: unknown): void {
  const webhook = answerOf<Webhook>(given, WEBHOOK);
  output.answer(webhook, factsText(factsOf(webhook), output.columns));
}

async function create(invocation: Invocation, url: string, { type, owner, ownerPrefix }: CreateOptions) {
  const body = {
    ...{ url, ...(type && { types: type }) },
    ...(owner !== undefined && { user_id: owner }),
    ...(ownerPrefix !== undefined && { user_prefix: ownerPrefix }),
  };
  if (invocation.isDryRun) return planned(invocation, `A webhook would be made for ${url}.`, body);
  return makeSecret(invocation, '/webhooks', body);
}

async function rotate(invocation: Invocation, id: string) {
  if (invocation.isDryRun)
    return planned(invocation, `The webhook ${id} would get another secret.`, { webhook_id: id });
  return makeSecret(invocation, pathOf(id, '/rotate'), undefined);
}

/** The secret is the command's result, as a key is of `keys create`. */
async function makeSecret(invocation: Invocation, path: string, body: object | undefined) {
  const { output } = invocation;
  // Repeating it would make two.
  const answered = await ask(invocation, path, { method: 'POST', body, isOnce: true });
  const made = answerOf<WithSecret>(answered, { secret: 'text' });
  output.answer(made, shown(made.secret));
  output.say(`Webhook ${made.webhook_id}. Keep its secret now: it can't be shown again.`);
  return EXIT.ok;
}

function changeIn({ to, type, allTypes, owner, everyone }: ChangeOptions): object {
  const body = {
    ...(to !== undefined && { url: to }),
    ...(type && { types: type }),
    ...(allTypes && { types: null }),
    ...(owner !== undefined && { user_id: owner }),
    ...(everyone && { user_id: null }),
  };
  if (Object.keys(body).length > 0) return body;
  throw wrongUsage('Change what? Add --to, --type, --all-types, --owner or --everyone.');
}

async function change(invocation: Invocation, id: string, body: object) {
  if (invocation.isDryRun) return planned(invocation, `The webhook ${id} would change.`, { webhook_id: id, ...body });
  answer(invocation, await ask(invocation, pathOf(id), { method: 'PATCH', body }));
  return EXIT.ok;
}

async function test(invocation: Invocation, id: string) {
  if (invocation.isDryRun) return planned(invocation, `The webhook ${id} would be tested.`, { webhook_id: id });
  const told = (await ask(invocation, pathOf(id, '/test'), { method: 'POST' })) as Test;
  const { delivered, status, duration_ms: ms, answer: text } = told;
  const result = status === null ? text : `${status} in ${ms} ms${text === '' ? '' : `: ${text}`}`;
  invocation.output.answer(told, shown(`${delivered ? 'delivered' : 'failed'}: ${result}`));
  return delivered ? EXIT.ok : EXIT.someFailed;
}

async function remove(invocation: Invocation, id: string) {
  if (invocation.isDryRun) return planned(invocation, `The webhook ${id} would be removed.`, { webhook_id: id });
  const removed = (await ask(invocation, pathOf(id), { method: 'DELETE' })) as object;
  invocation.output.answer(removed, `Webhook ${id} is removed.`);
  return EXIT.ok;
}

/** null: all. */
const ownersOf = ({ user_id: user, user_prefix: prefix }: Webhook): string | null =>
  prefix === undefined ? user : `${prefix}...`;

const rowOf = (webhook: Webhook) => ({
  id: webhook.webhook_id,
  facts: [webhook.paused ? `paused (${webhook.paused.why})` : webhook.failing_since === null ? 'active' : 'failing'],
  name: `${webhook.url}  ${[ownersOf(webhook), ...(webhook.types ?? [])].filter((one) => one !== null).join(' ')}`.trim(),
});

function factsOf(webhook: Webhook): Readonly<Record<string, string>> {
  const { webhook_id: id, url, types, skipped, former_secrets_until: former } = webhook;
  const { paused, failing_since: failing, created_at: createdAt, updated_at: updatedAt } = webhook;
  return {
    Webhook: id,
    Receiver: url,
    Events: types?.join(', ') ?? 'all',
    User: ownersOf(webhook) ?? 'all',
    State: paused
      ? `paused (${paused.why}) since ${paused.at}`
      : failing === null
        ? 'active'
        : `failing since ${failing}`,
    ...(skipped && { Skipped: `events from ${skipped.since} to ${skipped.at}, which the log had forgotten` }),
    ...(former.length > 0 && { Rotated: `a former secret signs until ${former.join(', ')}` }),
    Created: createdAt,
    Changed: updatedAt,
  };
}

import type { components } from '@safelight/client';
import { type Command, Option } from 'commander';
import { answerOf } from '../answer-of.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { dayOrTime } from './options.ts';

type Gates = components['schemas']['GateList'];
type Gate = Gates['gates'][number];
type Rescan = components['schemas']['Rescan'];
type DroppedPage = components['schemas']['DroppedGate'];

export function addGates(program: Command, start: Start): void {
  const gates = program
    .command('gates')
    .summary('show and manage gates, as an admin')
    .description('Shows and manages the gates, which images must pass before they are ready.');
  gates
    .command('list', { isDefault: true })
    .description('Lists the gates of the service, and the last error of each that fails.')
    .action((_options: object, command: Command) => start(command, list));
  gates
    .command('rescan')
    .description(
      'Has a gate look again at the images that are served or in the trash, as with new virus signatures. The service does it in the background; `gates` shows how far it is.',
    )
    .argument('<gate>')
    .addOption(
      new Option('--since <time>', 'only images that the gate has not seen since (default: all)').argParser(dayOrTime),
    )
    .action((gate: string, { since }: { readonly since?: string }, command: Command) =>
      start(command, (invocation) => rescan(invocation, gate, since)),
    );
  gates
    .command('drop')
    .description(
      'Releases the images that need a gate which no process has any more: they would be refused at its deadline. Remove the gate from the configuration of every process first.',
    )
    .argument('<gate>')
    .action((gate: string, _options: object, command: Command) =>
      start(command, (invocation) => drop(invocation, gate)),
    );
}

async function list({ client, output }: Invocation) {
  const { gates, rescans } = answerOf<Gates>(await client.request('/gates'), GATES);
  for (const gate of gates) output.answer(gate, rowText(rowOf(gate), output.columns));
  for (const one of rescans) output.answer(one, linesOf(one));
  if (gates.length === 0) output.say('No gates.');
  return EXIT.ok;
}

const GATES = { gates: [{ name: 'text', status: 'text' }], rescans: [{}] } as const;

const rowOf = ({ name: id, status, error }: Gate) => ({ id, facts: [status], name: error ?? '' });

const linesOf = (rescan: Rescan): string => {
  const { gate, before, status, passed, refused, held, failed } = rescan;
  const counts = `${counted(passed, 'image')} passed, ${refused} refused, ${held} held, ${failed} undecided`;
  return shown(`re-scan by ${gate} of what it had not seen since ${before}: ${status}, ${counts}`);
};

async function rescan({ client, output, isDryRun }: Invocation, gate: string, since: string | undefined) {
  if (isDryRun) {
    output.answer({ event: 'planned', gate }, `The gate ${shown(gate)} would look at images again.`);
    return EXIT.ok;
  }
  const body = { gate, ...(since !== undefined && { before: new Date(since).toISOString() }) };
  const asked = (await client.request('/gates/rescan', { method: 'POST', body })) as Rescan;
  output.answer(asked, linesOf(asked));
  return EXIT.ok;
}

/**
 * A page at a time. After an interruption it starts from the beginning: an image that is released already isn't counted
 * again.
 */
async function drop({ client, output, isDryRun }: Invocation, gate: string) {
  if (isDryRun) {
    output.answer({ event: 'planned', gate }, `Images would no longer need the gate ${shown(gate)}.`);
    return EXIT.ok;
  }
  const path = `/gates/${encodeURIComponent(gate)}/drop`;
  let released = 0;
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const body: object = cursor === null ? {} : { cursor };
    const page = answerOf<DroppedPage>(await client.request(path, { method: 'POST', body }), { next_cursor: 'text?' });
    released += Number(page.released);
    cursor = page.next_cursor;
  }
  output.answer({ gate, released }, `${counted(released, 'image')} released from the gate ${shown(gate)}.`);
  return EXIT.ok;
}

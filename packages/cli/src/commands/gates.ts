import type { components } from '@safelight/client';
import type { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';

type Gates = components['schemas']['GateList'];
type Gate = Gates['gates'][number];
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
  const { gates } = (await client.request('/gates')) as Gates;
  for (const gate of gates) output.answer(gate, rowText(rowOf(gate), output.columns));
  if (gates.length === 0) output.say('No gates.');
  return EXIT.ok;
}

const rowOf = ({ name: id, status, error }: Gate) => ({ id, facts: [status], name: error ?? '' });

/** A page at a time. After an interruption it starts from the beginning: an image that is released already isn't counted again. */
async function drop({ client, output, isDryRun }: Invocation, gate: string) {
  if (isDryRun) {
    output.answer({ event: 'planned', gate }, `Images would no longer need the gate ${shown(gate)}.`);
    return EXIT.ok;
  }
  const path = `/gates/${encodeURIComponent(gate)}/drop`;
  let released = 0;
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const body: object = cursor === null ? {} : { cursor };
    const page = (await client.request(path, { method: 'POST', body })) as DroppedPage;
    released += Number(page.released);
    cursor = page.next_cursor;
  }
  output.answer({ gate, released }, `${counted(released, 'image')} released from the gate ${shown(gate)}.`);
  return EXIT.ok;
}

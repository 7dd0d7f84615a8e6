import type { ImageEvent } from '@safelight/client';
import type { Command } from 'commander';

import { type FollowOptions, followEvents } from '../events/follow-events.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { rowText } from '../output/rows.ts';
import type { Start } from '../start.ts';
import { withEventOptions } from './event-options.ts';

export function addEvents(program: Command, start: Start): void {
  const events = program
    .command('events')
    .summary('follow what becomes of images')
    .description('Follows what becomes of images. The service needs EVENTS=on.');
  withEventOptions(events.command('tail'))
    .summary('print events as they come')
    .description(
      'Prints events as they come, until Ctrl-C: image id, time, type, user, and the code of a rejection or what changed. With --user those of one user.\n\nA lost connection is made again, and nothing is missed.',
    )
    .action((options: FollowOptions, command: Command) => start(command, (invocation) => tail(invocation, options)));
}

async function tail(invocation: Invocation, options: FollowOptions) {
  const { output, interruption } = invocation;
  try {
    const events = await followEvents(invocation, options);
    output.say('Waiting for events. Ctrl-C ends it.');
    for await (const event of events) output.answer(event, rowText(rowOf(event), output.columns));
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
  }
  return EXIT.interrupted; // by itself it has no end
}

const rowOf = ({ image_id: id, time, type, user_id: user, code, changed = [] }: ImageEvent) => ({
  id,
  facts: [time, type.padEnd('image.restored'.length)],
  name: [user, ...(code === undefined ? changed : [code])].join('  '),
});

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EventType } from '../events/follow-events.ts';
import { isImageId } from './image-ids.ts';
import { collectList } from './options.ts';

/** Doesn't compile while one is missing. */
const EVENT_TYPES: readonly string[] = Object.keys({
  'image.ready': true,
  'image.rejected': true,
  'image.held': true,
  'image.expired': true,
  'image.updated': true,
  'image.trashed': true,
  'image.restored': true,
  'image.replaced': true,
  'image.deleted': true,
} satisfies Record<EventType, true>);

/** An empty list, as of an unset variable, must not stand for all types. */
function eventTypes(text: string, before: readonly string[] | undefined): readonly string[] {
  const given = collectList(text, []);
  if (given.length > 0 && given.every((one) => EVENT_TYPES.includes(one))) return [...(before ?? []), ...given];
  throw new InvalidArgumentError(`Expected types among ${EVENT_TYPES.join(', ')}.`);
}

function imageId(text: string): string {
  if (isImageId(text)) return text;
  throw new InvalidArgumentError('Expected an image id, as `safelight ls` prints it.');
}

export const typeOption = () =>
  new Option('--type <types>', 'only events of these types, such as image.ready (a,b or repeated)').argParser(
    eventTypes,
  );

/** Adds options for which events, and from where on. */
export const withEventOptions = (command: Command): Command =>
  command
    .addOption(new Option('--from <where>', 'where to begin (default: now)').choices(['oldest', 'now']))
    .addOption(new Option('--cursor <cursor>', 'begin after the event that --json printed with it').conflicts('from'))
    .addOption(typeOption())
    .addOption(new Option('--image <id>', 'only events of this image').argParser(imageId));

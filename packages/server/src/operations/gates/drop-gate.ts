import type { ActorId } from '../../domain/access/actor-id.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { dropGate, heldSince, holdAfter } from '../../domain/image/hold.ts';
import type { HeldImage, Image } from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { type Decision, decidesAtReserved, nextGate } from '../../domain/image/screening.ts';
import type { ListPosition } from '../../domain/lists/list-position.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { Services } from '../../services.ts';
import { waitForGate } from './wait-for-gate.ts';

type DropServices = Pick<Services, 'images' | 'gates' | 'clock' | 'observe'>;

export interface DropGateInput {
  readonly gate: string;
  /** The cursor that the page before returned. */
  readonly cursor: string | undefined;
  /** Who drops it; null: no credential tells. */
  readonly actor: ActorId | null;
}

export interface DroppedPage {
  /** Images of this page that waited, or would have waited, for the gate. */
  readonly released: number;
  /** null: it was the last page. */
  readonly nextCursor: string | null;
}

/** Records of one request: each is written on its own. */
const PAGE = 50;
const WRITES_AT_ONCE = 10;

/** An upload that is verified meanwhile becomes held, so held ones are read last. */
const STATUSES = ['pending', 'held'] as const;
type Position = { readonly status: (typeof STATUSES)[number]; readonly after: ListPosition | undefined };

/**
 * Releases images of all owners from a gate that no process asks any more, a page at a time: without it they would be
 * refused at its deadline. The sweeper publishes those that wait for no other. May be repeated. Errors:
 * `invalid-request` if this process asks the gate, `invalid-cursor`, those of the repository.
 */
export async function dropGateOfPage(
  services: DropServices,
  { gate, cursor, actor }: DropGateInput,
): Promise<DroppedPage> {
  if (services.gates.some(({ name }) => name === gate)) {
    const detail = `expected a gate that is no longer configured; got ${gate}: remove its variables from every process, restart them, and drop it then`;
    throw invalidField('gate', detail);
  }
  const decides = decidesAtReserved(gate);
  if (decides !== undefined)
    throw invalidField('gate', `expected a gate of the service; got ${gate}, where ${decides}`);
  const { status, after } = positionIn(cursor);
  const { images, next } = await services.images.find({ status, after, order: 'oldest', limit: PAGE });
  let released = 0;
  await workAtMost(WRITES_AT_ONCE, images, async ({ id }) => {
    if (await release(services, { id, gate, actor })) released += 1;
  });
  if (released > 0) services.observe({ event: 'gate-dropped', gate, images: released });
  const following = STATUSES[STATUSES.indexOf(status) + 1];
  const position = next !== null ? { status, after: next } : following && { status: following, after: undefined };
  return { released, nextCursor: position ? cursorOf(position) : null };
}

/** Whether the image needed the gate. */
const release = (
  services: DropServices,
  { id, gate, actor }: Pick<DropGateInput, 'gate' | 'actor'> & { readonly id: ImageId },
): Promise<boolean> =>
  retryWhileChanged(async () => {
    const image = await services.images.getToChange(id);
    const released = image && withoutGate(services, image, { gate, actor });
    if (!image || !released) return false;
    if (!(await services.images.replace(image, released))) return CHANGED;
    services.observe({ event: 'gate-passed', imageId: id, gate, by: 'drop' });
    return true;
  });

/** undefined: the image doesn't need the gate. */
function withoutGate(
  services: DropServices,
  image: Image,
  { gate, actor }: Pick<DropGateInput, 'gate' | 'actor'>,
): Image | undefined {
  const at = services.clock.now();
  if (image.status === 'pending') return image.gates.includes(gate) ? dropGate(image, gate, at) : undefined;
  if (image.status !== 'held') return undefined;
  const { gates, passed } = image.screening;
  if (!gates.includes(gate) || passed.includes(gate)) return undefined;
  const decision: Decision = { gate, by: 'drop', verdict: 'pass', at, privateReason: actor && `dropped by ${actor}` };
  return holdAfter(image, screeningWithout(services, image, gate), [decision], at);
}

function screeningWithout(services: DropServices, image: HeldImage, gate: string) {
  const { screening } = image;
  const gates = screening.gates.filter((one) => one !== gate);
  const { passed } = screening;
  if (nextGate(screening.gates, passed) !== gate) return { ...screening, gates }; // it waits for another one
  const left = { gates, passed, failures: 0, standing: 'unasked', decided: [] } as const;
  return waitForGate(services, left, { since: heldSince(image) });
}

/** Only admins drop gates, so the cursor isn't sealed. */
const cursorOf = ({ status, after }: Position): string => Buffer.from(`${status} ${after ?? ''}`).toString('base64url');

const MAX_CURSOR_LENGTH = 100;

function positionIn(cursor: string | undefined): Position {
  if (cursor === undefined) return { status: STATUSES[0], after: undefined };
  const [named, id = '', ...rest] = Buffer.from(cursor.slice(0, MAX_CURSOR_LENGTH), 'base64url').toString().split(' ');
  const status = STATUSES.find((one) => one === named);
  const after = id === '' ? undefined : parseImageId(id);
  const position = status && (id === '' || after) && rest.length === 0 && { status, after };
  if (position && cursorOf(position) === cursor) return position;
  throw new AppError('invalid-cursor', 'expected the next_cursor of the previous page; got another text');
}

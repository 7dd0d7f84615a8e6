import type { ImageEvent } from './image-event.ts';

/** An event at its place in the log. */
export interface LoggedEvent extends ImageEvent {
  readonly shard: number;
  readonly sequence: number;
}

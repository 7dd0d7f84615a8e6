import { InvalidArgumentError } from 'commander';
import { isImageId } from './image-ids.ts';

/** Ids of webhooks look as those of images. */
export function webhookId(text: string): string {
  if (isImageId(text)) return text;
  throw new InvalidArgumentError('Expected the id of a webhook, as `safelight webhooks` prints it.');
}

export const pathOf = (id: string, below: '' | `/${string}` = ''): string =>
  `/webhooks/${encodeURIComponent(id)}${below}`;

import { albumIn } from '../../albums/dynamodb/album-item.ts';
import { integer, text } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { ownerOfUsage, tokenIdOf } from '../../dynamodb/item-keys.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import { isNewer, newerRecord } from '../../dynamodb/schema-version.ts';
import { erasureIn, erasureKeyIn, isErasure } from '../../erasures/dynamodb/erasure-item.ts';
import { idIn, imageOf } from '../../images/dynamodb/image-item.ts';
import { keyIn } from '../../keys/dynamodb/key-item.ts';
import { revocationIn } from '../../revocations/dynamodb/revocation-item.ts';
import { limitsIn } from '../../usage/dynamodb/usage-item.ts';
import { isWebhook, webhookIn } from '../../webhooks/dynamodb/webhook-item.ts';
import { type ArchiveRecord, type ReadAllOptions, unplaced } from '../record-archive.ts';
import { createRecordReader } from '../unreadable.ts';

/** Reads the record in an item; undefined: it has none. */
export function createItemReader(options: ReadAllOptions): (item: Item) => ArchiveRecord | undefined {
  const { readImage, readOther } = createRecordReader(options);
  return (item) => {
    const pk = text(item, 'pk');
    const [letter] = pk.split('#', 1);
    switch (letter) {
      case 'I':
        return readImage(idIn(item), () => ({ image: imageOf(requireKnown(item)) }));
      case 'Z': {
        const album = readOther(`album ${pk}`, () => ({ kind: 'album', album: albumIn(item) }));
        return album.kind === 'album' && album.album.deletion ? undefined : album;
      }
      case 'A':
        return readOther(`API key ${pk}`, () => ({ kind: 'key', key: keyIn(item) }));
      case 'N':
        return readOther(`upload token ${pk}`, () => ({
          kind: 'token-count',
          tokenId: tokenIdOf(pk),
          used: integer(item, 'used'),
          forgetAt: new Date(integer(item, TTL_ATTRIBUTE) * 1000),
        }));
      case 'X':
      case 'XT':
        return readOther(`revocation ${pk}`, () => ({ kind: 'revocation', revocation: revocationIn(item) }));
      case 'E': {
        const key = erasureKeyIn(item);
        if (key !== undefined) return { kind: 'erasure-key', key };
        if (!isErasure(item)) return undefined;
        return readOther(`erasure ${text(item, 'sk')}`, () => ({ kind: 'erasure', erasure: erasureIn(item) }));
      }
      case 'B':
        if (!isWebhook(item)) return undefined;
        return readOther(`webhook ${text(item, 'sk')}`, () => ({
          kind: 'webhook',
          webhook: unplaced(webhookIn(item)),
        }));
      case 'Q': {
        const userId = ownerOfUsage(pk);
        const limits = limitsIn(item);
        return userId === undefined || limits === null ? undefined : { kind: 'limits', userId, limits };
      }
      default:
        return undefined;
    }
  };
}

/** A copy by this version would lose what a newer one wrote. */
function requireKnown(item: Item): Item {
  if (isNewer(item)) throw newerRecord(item);
  return item;
}

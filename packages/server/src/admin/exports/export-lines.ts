import type { Album } from '../../domain/album/album.ts';
import type { Details } from '../../domain/facts/facts.ts';
import type { PublishedImage } from '../../domain/image/image.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import { isoTime } from '../../http/answers/iso-time.ts';
import { allFactsJson } from '../../http/images/facts-json.ts';

/** Relative to the folder of the export, with `/`. */
export type ExportPath = string;

/**
 * The line of an image: what its JSON has by the API that its owner said or its picture says, with the same names, and
 * what an import needs to make the same record.
 */
export function imageLine(image: PublishedImage, details: Details | null, path: ExportPath): string {
  const { facts } = image;
  const line = {
    path,
    id: image.id,
    user_id: image.userId,
    status: image.status,
    filename: image.filename,
    content_type: image.contentType,
    size: image.sizeBytes,
    width: image.width,
    height: image.height,
    sha256: image.sha256,
    tags: image.tags,
    description: image.description,
    metadata: image.metadata,
    external_id: image.externalId,
    former_id: image.formerId,
    visibility: image.visibility,
    focal_point: image.focalPoint,
    created_at: isoTime(createdAt(image.id)),
    upload_time: isoTime(image.uploadedAt),
    updated_at: isoTime(image.updatedAt),
    placeholder: image.placeholder,
    dominant_color: image.dominantColor,
    facts: allFactsJson(facts, details),
    ...(facts?.takenByHand !== undefined && { taken_at_by_hand: facts.takenByHand }),
    ...(details?.positionByHand !== undefined && { position_by_hand: details.positionByHand }),
    ...(image.guestName !== null && { added_by: image.guestName }),
    albums: image.albums.map(({ albumId, added, moved }) => ({ album_id: albumId, added, moved })),
    ...(image.status === 'trashed' && { purge_at: isoTime(image.purgeAt) }),
  };
  return JSON.stringify(line);
}

/** The line of an album in pieces, because it may have many images. Its links aren't in it. */
export async function* albumLine(album: Album, imageIds: AsyncIterable<readonly ImageId[]>): AsyncGenerator<string> {
  const said = {
    id: album.id,
    user_id: album.userId,
    title: album.title,
    description: album.description,
    order: album.order,
    cover_id: album.cover,
    created_at: isoTime(album.createdAt),
    updated_at: isoTime(album.updatedAt),
  };
  yield `${JSON.stringify(said).slice(0, -1)},"images":[`;
  let isFirst = true;
  for await (const ids of imageIds) {
    const text = ids.map((id) => JSON.stringify(id)).join(',');
    if (text === '') continue;
    yield isFirst ? text : `,${text}`;
    isFirst = false;
  }
  yield ']}';
}

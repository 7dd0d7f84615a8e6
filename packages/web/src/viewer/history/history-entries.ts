import type { components, Decisions, Image, ShareLink } from '@safelight/client';
import { capitalized } from '../../ui/capitalized.ts';
import { dateAndTime } from '../../ui/formats.ts';

export type LoggedEvent = components['schemas']['ImageEvent'];

/** What is known of a picture's past. */
export interface History {
  readonly links: readonly ShareLink[];
  readonly decisions: readonly Decisions['decisions'][number][];
  readonly events: readonly LoggedEvent[];
}

export interface Entry {
  readonly key: string;
  /** Milliseconds. */
  readonly at: number;
  readonly text: string;
  /** A second line. */
  readonly about?: string;
  /** One that can be revoked. */
  readonly link?: ShareLink;
}

/** The newest first. */
export function entriesOf(
  { created_at: created }: Pick<Image, 'created_at'>,
  { links, decisions, events }: History,
): readonly Entry[] {
  const all: readonly Entry[] = [
    { key: 'created', at: Date.parse(created), text: 'Uploaded' },
    ...links.map((link) => ({
      key: link.link_id,
      at: Date.parse(link.created_at),
      text: `Link to: ${capitalized(link.preset ?? 'original')}`,
      about: `Ends ${dateAndTime(Date.parse(link.expires_at))}`,
      link,
    })),
    ...decisions.map((decision, index) => ({ key: `decision ${index}`, ...ofDecision(decision) })),
    ...[...new Map(events.map((event) => [event.event_id, event])).values()].map((event) => ({
      key: event.event_id,
      at: Date.parse(event.time),
      ...ofEvent(event),
    })),
  ];
  return all.toSorted((one, other) => other.at - one.at);
}

const BY: Readonly<Record<Decisions['decisions'][number]['by'], string>> = {
  gate: 'by its answer',
  error: 'because the check failed',
  deadline: 'because the time was over',
  drop: 'because the check was dropped',
  person: 'by a person',
};

function ofDecision({ gate, by, verdict, at, actor, private_reason: reason }: Decisions['decisions'][number]) {
  const text = `${verdict === 'pass' ? 'Passed' : 'Refused'}: ${gate}`;
  const about = [actor === null ? BY[by] : `${BY[by]}, ${actor}`, reason].filter(Boolean).join(': ');
  return { at: Date.parse(at), text, about };
}

const EVENTS: Readonly<Record<LoggedEvent['type'], string>> = {
  'image.ready': 'Accepted',
  'image.rejected': 'Refused',
  'image.held': 'Waits for a check',
  'image.expired': 'Nothing was uploaded',
  'image.updated': 'Changed',
  'image.trashed': 'Moved to the trash',
  'image.restored': 'Restored from the trash',
  'image.replaced': 'Replaced by another file',
  'image.deleted': 'Deleted',
};

const FIELDS: Readonly<Record<string, string>> = {
  filename: 'name',
  external_id: 'external id',
  focal_point: 'focal point',
  taken_at: 'date',
  links: 'all links ended',
};

function ofEvent({ type, changed }: LoggedEvent): Pick<Entry, 'text' | 'about'> {
  const about = (changed ?? []).map((name) => (Object.hasOwn(FIELDS, name) ? FIELDS[name] : name)).join(', ');
  return {
    text: Object.hasOwn(EVENTS, type) ? EVENTS[type] : type,
    ...(about !== '' && { about: capitalized(about) }),
  };
}

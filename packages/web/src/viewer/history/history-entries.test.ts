import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entriesOf, type History, type LoggedEvent } from './history-entries.ts';

const ID = '019a0000-0000-7000-8000-000000000000';
const NOTHING: History = { links: [], decisions: [], events: [] };
const at = (hour: number): string => `2026-11-19T${String(hour).padStart(2, '0')}:00:00.000Z`;
const event = (number: number, type: LoggedEvent['type'], changed?: LoggedEvent['changed']): LoggedEvent => ({
  event_id: `${ID}-${number}`,
  ...{ type, image_id: ID, user_id: 'ada', revision: number, status: 'ready', time: at(number) },
  ...(changed && { changed }),
});

describe('the history of a picture', () => {
  it('begins with its upload, also where nothing else is known', () => {
    assert.deepEqual(
      entriesOf({ created_at: at(0) }, NOTHING).map(({ text }) => text),
      ['Uploaded'],
    );
  });

  it('has links, decisions and events together, the newest first', () => {
    const link = {
      ...{ link_id: 'l', url: 'u', page_url: 'p', what: 'original', preset: null },
      ...{ created_at: at(3), expires_at: at(23) },
    } as const;
    const decision = {
      gate: 'clamd',
      by: 'gate',
      actor: null,
      verdict: 'pass',
      at: at(1),
      private_reason: null,
    } as const;
    const events = [event(2, 'image.ready'), event(4, 'image.updated', ['tags', 'links'])];
    const entries = entriesOf({ created_at: at(0) }, { links: [link], decisions: [decision], events });
    assert.deepEqual(
      entries.map(({ text }) => text),
      ['Changed', 'Link to: Original', 'Accepted', 'Passed: clamd', 'Uploaded'],
    );
    assert.equal(entries[0]?.about, 'Tags, all links ended');
    assert.equal(entries[1]?.link, link);
    assert.equal(entries[3]?.about, 'by its answer');
  });

  it('has an event once that came twice, and one of a later version by its name', () => {
    const later = { ...event(5, 'image.ready'), type: 'image.painted' as LoggedEvent['type'] };
    const events = [event(1, 'image.ready'), event(1, 'image.ready'), later];
    assert.deepEqual(
      entriesOf({ created_at: at(0) }, { ...NOTHING, events }).map(({ text }) => text),
      ['image.painted', 'Accepted', 'Uploaded'],
    );
  });
});

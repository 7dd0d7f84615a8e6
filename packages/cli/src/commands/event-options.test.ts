import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createProgram } from '../program.ts';

describe('options of events and webhooks', () => {
  const ID = '01932f00-0000-7000-8000-000000000001';

  /** Parses a command; the options that it has then. */
  async function parsed(...args: string[]): Promise<object> {
    let options = {};
    const program = createProgram('1', async (command) => {
      options = command.opts();
    });
    await program.parseAsync(args, { from: 'user' });
    return options;
  }

  it('are refused if they would stand for something else', async () => {
    for (const args of [
      ['events', 'tail', '--type', ''],
      ['events', 'tail', '--type', ','],
      ['events', 'tail', '--type', 'image.ready,image.seen'],
      ['events', 'tail', '--image', 'photo.jpg'],
      ['events', 'tail', '--from', 'yesterday'],
      ['events', 'tail', '--from', 'oldest', '--cursor', 'x'],
      ['listen'],
      ['listen', '--forward', 'localhost:3000'],
      ['listen', '--forward', 'http://ada:secret@localhost/'],
      ['webhooks', 'create'],
      ['webhooks', 'show', '..'],
      ['webhooks', 'change', ID, '--all-types', '--type', 'image.ready'],
      ['webhooks', 'change', ID, '--everyone', '--owner', 'ada'],
      ['webhooks', 'deliveries', ID, '--status', 'lost'],
      ['webhooks', 'replay', ID, '--since', 'yesterday'],
    ])
      await assert.rejects(parsed(...args), { name: 'CommanderError' }, args.join(' '));
  });

  it('may be repeated, or have commas', async () => {
    const types = ['image.ready', 'image.held', 'image.deleted'];
    const args = ['--type', 'image.ready,image.held', '--type', 'image.deleted'];
    assert.deepEqual(await parsed('events', 'tail', '--image', ID, ...args), { image: ID, type: types });
  });
});

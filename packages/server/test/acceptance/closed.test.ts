import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { startService } from '../services/running-service.ts';
import { ASKS_THIS_MACHINE, CLOSED, describeClosed } from './closed.ts';

const service = await startService({ ...CLOSED, USAGE: 'on', EVENTS: 'on', ...ASKS_THIS_MACHINE });
after(() => service[Symbol.asyncDispose]());
const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
await describeClosed('closed', { ...service, admin });

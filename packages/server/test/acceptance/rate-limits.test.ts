import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { startService } from '../services/running-service.ts';
import { describeLimited, LIMITED } from './limited.ts';

const service = await startService(LIMITED);
after(() => service[Symbol.asyncDispose]());
const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
await describeLimited('rate-limits', { ...service, admin });

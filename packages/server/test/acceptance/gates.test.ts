import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { startDecidingGate } from '../../../../test/acceptance/gate.ts';
import { startService } from '../services/running-service.ts';
import { CLOSED } from './closed.ts';
import { describeBehindGate } from './gated.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const gate = stack.use(await startDecidingGate());
const service = stack.use(await startService({ ...CLOSED, USAGE: 'on', EVENTS: 'on', ...gate.environment }));
const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
await describeBehindGate('gates', { ...service, admin, gate });

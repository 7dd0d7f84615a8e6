import { checkGates } from '../../operations/screening/check-gates.ts';
import { readDecided } from '../../operations/screening/read-decided.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import type { Route } from '../route.ts';
import { decisionsJson, gatesJson } from './gate-json.ts';
import * as operations from './gates.openapi.ts';

export const gateRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/gates',
    operation: operations.list,
    handle: async (c, services) => jsonAnswer(c, gatesJson(await checkGates(services)), UNCACHED),
  },
  {
    method: 'GET',
    path: '/images/:id/decisions',
    operation: operations.decisions,
    async handle(c, services) {
      const image = await readDecided(services, c.get('access'), c.req.param('id') ?? '');
      return jsonAnswer(c, decisionsJson(image), UNCACHED);
    },
  },
];

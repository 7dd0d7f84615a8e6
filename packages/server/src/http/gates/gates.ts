import { actorOf } from '../../domain/access/access.ts';
import { checkGates } from '../../operations/screening/check-gates.ts';
import { dropGateOfPage } from '../../operations/screening/drop-gate.ts';
import { readDecided } from '../../operations/screening/read-decided.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { hasEmptyBody } from '../request/body-length.ts';
import { parse } from '../request/validation.ts';
import type { Route } from '../route.ts';
import { decisionsJson, gatesJson } from './gate-json.ts';
import { dropGateBody, gateInPath } from './gate-schemas.ts';
import * as operations from './gates.openapi.ts';

const MAX_BODY_BYTES = 1_024;

export const gateRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/gates',
    operation: operations.list,
    handle: async (c, services) => jsonAnswer(c, gatesJson(await checkGates(services)), UNCACHED),
  },
  {
    method: 'POST',
    path: '/gates/:gate/drop',
    operation: operations.drop,
    async handle(c, services) {
      const given = hasEmptyBody(c) ? {} : await readJson(c, { maxBytes: MAX_BODY_BYTES });
      const { cursor } = parse(dropGateBody, given, 'body');
      const { gate } = parse(gateInPath, { gate: c.req.param('gate') ?? '' }, 'form');
      c.set('concerns', { gate });
      const actor = actorOf(c.get('access'));
      const { released, nextCursor } = await dropGateOfPage(services, { gate, cursor: cursor ?? undefined, actor });
      return jsonAnswer(c, { gate, released, next_cursor: nextCursor }, UNCACHED);
    },
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

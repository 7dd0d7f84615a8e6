import { actorOf } from '../../domain/access/access.ts';
import { invalidField } from '../../domain/errors.ts';
import { checkGates } from '../../operations/gates/check-gates.ts';
import { decideImage } from '../../operations/gates/decide-image.ts';
import { dropGateOfPage } from '../../operations/gates/drop-gate.ts';
import { readDecided } from '../../operations/gates/read-decided.ts';
import { requestRescan } from '../../operations/gates/request-rescan.ts';
import { readRescans } from '../../operations/gates/rescan-bookmarks.ts';
import { reviewImage } from '../../operations/gates/review-image.ts';
import { acceptedAnswer, answer, jsonAnswer, NO_STORE, UNCACHED } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { hasEmptyBody } from '../request/body-length.ts';
import { clientOf } from '../request/client.ts';
import { parse } from '../request/validation.ts';
import type { Route } from '../route.ts';
import { decisionsJson, gatesJson, rescanJson } from './gate-json.ts';
import { decisionBody, dropGateBody, gateInPath, rescanBody } from './gate-schemas.ts';
import * as operations from './gates.openapi.ts';

/** The limit of the bodies of drop and rescan. */
const MAX_COMMAND_BYTES = 1_024;
/** Both reasons, each of up to 12 bytes in JSON, and the rest. */
const MAX_DECISION_BYTES = 16_384;

export const gateRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/gates',
    operation: operations.list,
    async handle(c, services) {
      const states = await checkGates(services);
      return jsonAnswer(c, gatesJson(states, await readRescans(services)), UNCACHED);
    },
  },
  {
    method: 'POST',
    path: '/gates/rescan',
    operation: operations.rescan,
    async handle(c, services) {
      const { gate, before } = parse(rescanBody, await readJson(c, { maxBytes: MAX_COMMAND_BYTES }), 'body');
      c.set('concerns', { gate });
      const rescan = await requestRescan(services, { gate, before: before ?? undefined });
      return acceptedAnswer(c, rescanJson(gate, rescan), UNCACHED);
    },
  },
  {
    method: 'POST',
    path: '/gates/:gate/drop',
    operation: operations.drop,
    async handle(c, services) {
      const given = hasEmptyBody(c) ? {} : await readJson(c, { maxBytes: MAX_COMMAND_BYTES });
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
  {
    method: 'POST',
    path: '/images/:id/decision',
    operation: operations.decide,
    async handle(c, services) {
      const given = parse(decisionBody, await readJson(c, { maxBytes: MAX_DECISION_BYTES }), 'body');
      const { gate, sha256, verdict, reason = null, private_reason: privateReason = null } = given;
      if (verdict === 'pass' && reason !== null)
        throw invalidField('/reason', 'expected a reason with refuse only, since nobody sees one of pass; got one');
      const input = { gate, sha256, verdict, reason, privateReason };
      const image = await decideImage(services, c.get('access'), c.req.param('id') ?? '', input);
      return jsonAnswer(c, decisionsJson(image), UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/images/:id/review',
    operation: operations.review,
    async handle(c, services) {
      const { bytes } = await reviewImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
      return answer(c, bytes, 200, { 'content-type': 'image/jpeg', ...NO_STORE });
    },
  },
];

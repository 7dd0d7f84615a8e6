import { readFacts } from '../../operations/images/read-facts.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer, NO_STORE } from '../answers/answer.ts';
import { clientOf } from '../request/client.ts';
import type { Route } from '../route.ts';
import * as operations from './facts.openapi.ts';
import { allFactsJson } from './facts-json.ts';

export const factsRoutes: readonly Route<Services>[] = [
  {
    method: 'GET',
    path: '/images/:id/facts',
    operation: operations.readFacts,
    async handle(c, services) {
      const { facts, details } = await readFacts(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
      return jsonAnswer(c, allFactsJson(facts, details), NO_STORE);
    },
  },
];

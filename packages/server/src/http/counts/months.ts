import { findMonths } from '../../operations/counts/find-months.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer } from '../answers/answer.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route } from '../route.ts';
import * as operations from './months.openapi.ts';
import { monthsQuery } from './months-schemas.ts';

export const monthsRoutes: readonly Route<Services>[] = [
  {
    method: 'GET',
    path: '/images/months',
    operation: operations.listMonths,
    async handle(c, services) {
      const { user_id: userId, limit, cursor } = parse(monthsQuery, parametersOf(c), 'query');
      const { months, nextCursor } = await findMonths(services, c.get('access'), { userId, limit, cursor });
      return jsonAnswer(c, { count: months.length, months, next_cursor: nextCursor });
    },
  },
];

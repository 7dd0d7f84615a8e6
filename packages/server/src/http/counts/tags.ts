import { findTags } from '../../operations/images/find-tags.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer } from '../answers/answer.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route } from '../route.ts';
import * as operations from './tags.openapi.ts';
import { tagsQuery } from './tags-schemas.ts';

export const tagsRoutes: readonly Route<Services>[] = [
  {
    method: 'GET',
    path: '/tags',
    operation: operations.listTags,
    async handle(c, services) {
      const { prefix = '' } = parse(tagsQuery, parametersOf(c), 'query');
      const found = await findTags(services, c.get('access'), prefix);
      const tags = found.map(({ tag, images, isMore }) => ({ tag, images, more: isMore }));
      return jsonAnswer(c, { count: tags.length, tags });
    },
  },
];

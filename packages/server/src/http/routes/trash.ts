import { restoreImage } from '../../operations/images/restore-image.ts';
import { requireTrash, trashImage } from '../../operations/images/trash-image.ts';
import { jsonAnswer } from '../answers/answer.ts';
import { imageAnswer } from '../answers/image-answer.ts';
import { trashedJson } from '../answers/image-json.ts';
import type { AppServices } from '../app-services.ts';
import { actFor } from '../request/access.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { changeQuery } from '../schemas/images.ts';
import * as operations from './trash.openapi.ts';

export const trashRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/images/:id/trash',
    operation: operations.trash,
    async handle(c, services) {
      const { access, id } = asked(c, services);
      return jsonAnswer(c, trashedJson(await trashImage(services, access, id)));
    },
  },
  {
    method: 'POST',
    path: '/images/:id/restore',
    operation: operations.restore,
    async handle(c, services) {
      const { access, id } = asked(c, services);
      return imageAnswer(c, services, await restoreImage(services, access, id));
    },
  },
];

/** Without a trash a wrong query is a 404 too. */
function asked(c: RouteContext, services: AppServices) {
  requireTrash(services);
  const { user_id } = parse(changeQuery, parametersOf(c), 'query');
  return { access: actFor(c, user_id, '?user_id'), id: c.req.param('id') ?? '' };
}

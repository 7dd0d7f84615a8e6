import { restoreImage } from '../../operations/images/restore-image.ts';
import { requireTrash, trashImage } from '../../operations/images/trash-image.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer } from '../answers/answer.ts';
import type { Route, RouteContext } from '../route.ts';
import { imageAnswer } from './image-answer.ts';
import { trashedJson } from './image-json.ts';
import type { ImageViews } from './image-view.ts';
import * as operations from './trash.openapi.ts';

export const trashRoutes: readonly Route<Services & ImageViews>[] = [
  {
    method: 'POST',
    path: '/images/:id/trash',
    operation: operations.trash,
    async handle(c, services) {
      requireTrash(services);
      return jsonAnswer(c, trashedJson(await trashImage(services, c.get('access'), idOf(c))));
    },
  },
  {
    method: 'POST',
    path: '/images/:id/restore',
    operation: operations.restore,
    async handle(c, services) {
      requireTrash(services);
      return imageAnswer(c, services, await restoreImage(services, c.get('access'), idOf(c)));
    },
  },
];

const idOf = (c: RouteContext): string => c.req.param('id') ?? '';

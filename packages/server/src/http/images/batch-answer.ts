import type { ImageResult } from '../../operations/images/many-images.ts';
import { jsonAnswer } from '../answers/answer.ts';
import { toProblem } from '../problem.ts';
import type { RouteContext } from '../route.ts';

/** The fields of each success, or the problem of each failure. */
export function imagesAnswer<Done>(
  c: RouteContext,
  results: readonly ImageResult<Done>[],
  fieldsOf: (done: Done) => { readonly status: string },
): Response {
  return jsonAnswer(c, {
    count: results.filter((result) => 'done' in result).length,
    results: results.map((result) =>
      'error' in result
        ? { image_id: result.id, error: toProblem(result.error, c.get('requestId')) }
        : { image_id: result.id, ...fieldsOf(result.done) },
    ),
  });
}

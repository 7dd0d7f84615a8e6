import assert from 'node:assert/strict';
import { type TestImage, testImage } from '../../../../test/pictures/test-images.ts';
import type { TestService } from '../services/service.ts';
import { post } from '../services/service.ts';

/** Uploads a generated picture as `user`; returns its id. */
export async function uploadPicture(service: TestService, picture: TestImage, user = 'ada'): Promise<string> {
  const bytes = new Uint8Array(await testImage(picture));
  const answer = await service.request(
    `/images/upload?filename=my.holiday.png`,
    post(bytes, picture.type, { 'X-User-Id': user }),
  );
  const json = (await answer.json()) as { image_id: string };
  assert.equal(answer.status, 200, JSON.stringify(json));
  return json.image_id;
}

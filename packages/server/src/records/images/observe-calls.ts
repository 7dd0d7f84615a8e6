import type { StoreCalls } from '../../observe/observer/store-calls.ts';
import type { ImageRepository } from './image-repository.ts';

/** `images` with watched calls. */
export const observeRecordCalls = (
  images: ImageRepository,
  { read, write, watch }: StoreCalls<'records'>,
): ImageRepository => ({
  ...images,
  create: (...call) => write('create', () => images.create(...call)),
  get: (...call) => read('get', () => images.get(...call)),
  getToChange: (...call) => read('getToChange', () => images.getToChange(...call)),
  replace: (...call) => write('replace', () => images.replace(...call)),
  find: (...call) => read('find', () => images.find(...call)),
  useKey: (...call) => write('useKey', () => images.useKey(...call)),
  findKeyUse: (...call) => read('findKeyUse', () => images.findKeyUse(...call)),
  isUsedUp: (...call) => read('isUsedUp', () => images.isUsedUp(...call)),
  replaceKeyUse: (...call) => write('replaceKeyUse', () => images.replaceKeyUse(...call)),
  due: (...call) => read('due', () => images.due(...call)),
  published: (...call) => read('published', () => images.published(...call)),
  forget: (...call) => watch('forget', () => images.forget(...call)),
  check: (...call) => write('check', () => images.check(...call)),
});

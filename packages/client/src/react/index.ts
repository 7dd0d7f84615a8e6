/** `@safelight/client/react`: hooks and a picture, for React 18 and later. */
export type { ImageListSnapshot } from './image-list.ts';
export { Picture, type PictureProps } from './picture.tsx';
export type { FileUpload, UploadsSnapshot } from './uploads.ts';
export { type UseAlbum, type UseAlbumOptions, useAlbum } from './use-album.ts';
export { type UseImages, type UseImagesOptions, useImages } from './use-images.ts';
export { type UseUpload, type UseUploadOptions, useUpload } from './use-upload.ts';

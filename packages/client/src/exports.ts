/** What both entries export. */
export type {
  AddImagesOptions,
  Album,
  AlbumChanges,
  AlbumDeletion,
  AlbumLink,
  AlbumLinkChanges,
  AlbumLinks,
  AlbumListOptions,
  AlbumResults,
  Albums,
  ContributionDecision,
  Contributions,
  NewAlbum,
  NewAlbumLink,
} from './albums/albums.ts';
export type { ClientOptions, SafelightClient, Service } from './client.ts';
export {
  type ClientCode,
  type FieldError,
  type QuotaFault,
  type SafelightCode,
  SafelightError,
  type ServiceCode,
} from './errors.ts';
export type { EventOptions, ImageEvent } from './events/events.ts';
export type { ApiRequest } from './http/api.ts';
export type { TokenSource } from './http/credential.ts';
export { handedUrl } from './http/handed-url.ts';
export { type Page, pagesOf } from './http/pages.ts';
export type { Wait } from './http/retry.ts';
export type { UpdateOptions } from './http/update.ts';
export { requireUserId } from './http/user-id.ts';
export type { Image, RenderUrl, ShareLink } from './images/image.ts';
export type {
  BatchChanges,
  BatchResults,
  Decisions,
  DownloadOptions,
  Facts,
  GateDecision,
  ImageChanges,
  Images,
  KnownBytes,
  ListOptions,
  MonthCount,
  MonthsOptions,
  NewLink,
} from './images/images.ts';
export { placeholderUrl } from './images/placeholder.ts';
export type { Presets } from './images/presets.ts';
export { rejectionOf } from './images/rejection.ts';
export type { ImgAttributes, SrcsetOptions, Urls } from './images/urls.ts';
export type { components } from './openapi.ts';
export type { ProblemParams } from './params-by-code.ts';
export type {
  Uploader,
  UploaderOptions,
  UploaderSnapshot,
  UploadItem,
  UploadState,
  UploadTotals,
} from './queue/uploader.ts';
export { acceptedTypes } from './upload/accepted-types.ts';
export { acceptableName } from './upload/filename.ts';
export type { FromUrlOptions } from './upload/from-url.ts';
export type { Send, SendAnswer, SendRequest } from './upload/send.ts';
export type { Description, UploadOptions } from './upload/upload.ts';
export type { GrantRequest, UploadRoute } from './upload/upload-route.ts';
export type { UserDeletion, UserExport, Users } from './users/users.ts';
export { explain, explainPause, explainWait } from './words/explain.ts';
export { formatName } from './words/format-name.ts';

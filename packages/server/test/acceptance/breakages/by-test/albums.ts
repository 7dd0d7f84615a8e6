import { caughtBy } from '../breakage.ts';

export const ALBUMS = [
  ...caughtBy('packages/server/src/records/albums/sqlite/sqlite.test.ts', [
    [
      'an album lists images of the trash',
      'listedAlbums',
      "image?.status === 'ready' ? image.albums : []",
      'image?.albums ?? []',
    ],
    ['a deleted album takes images', 'createAlbumRows', " AND state = 'shown'", ''],
    [
      'an album counts an image twice that moves',
      'createAlbumRows',
      'if (!former) add.run(albumId, 1);',
      'add.run(albumId, 1);',
    ],
    ['an album counts images that have left', 'createAlbumRows', 'add.run(albumId, -1);', ''],
    [
      'two writers of an album both win',
      'records/albums/sqlite/sqlite.ts: createSqliteAlbumRepository',
      ' WHERE id = ? AND version = ?',
      ' WHERE id = ? AND ? > 0',
    ],
  ]),
  ...caughtBy('packages/server/test/albums/albums.test.ts', [
    ['an image that is restored is in no album', 'image.ts: next', '  albums: image.albums,', '  albums: [],'],
    [
      'a list of an album ignores its owner',
      'find-images.ts: withinAlbum',
      'visibleAlbum(services, access, query.album)',
      '(await services.albums.get(query.album))!',
    ],
    ['a cursor of one album opens another list', 'find-images.ts: canonical', '[{ album: query.album }]', '[]'],
    ['another user changes an album', 'visible-album.ts: albumOrDeleted', ' || !maySeeOf(access, album.userId)', ''],
    [
      'an image comes into the album of another user',
      'change-album-images.ts: addImage',
      'requireOwnedBy(image, album.userId);',
      '',
    ],
    [
      'an image may be in any number of albums',
      'change-album-images.ts: addImage',
      'roomy.albums.length >= MAX_ALBUMS_OF_IMAGE',
      'false',
    ],
    [
      'a deleted album keeps its place on an image',
      'change-album-images.ts: withoutDead',
      '!album || album.deletion',
      'false',
    ],
    [
      'a removal tells no place',
      'change-album-images.ts: removeImage',
      "{ status: 'removed', former, isShown: false }",
      "{ status: 'removed', former: undefined, isShown: false }",
    ],
    ['the images of a deleted album stay in it', 'empty-albums.ts: leave', 'withoutAlbum(image, albumId)', 'image'],
    [
      'the cover of an album is an image that has left',
      'change-album.ts: noteImages',
      ' && (await isShownIn(images, album, album.cover))',
      '',
    ],
  ]),
  ...caughtBy('packages/server/test/albums/links.test.ts', [
    [
      'a link of an album shows images that have left it',
      'open-shared-image.ts: openSharedImage',
      ' || !memberIn(image, album.id)',
      '',
    ],
    [
      'a picture of a link outlives a change of the link',
      'open-shared-image.ts: openSharedImage',
      ' || linkRevision !== link.revision',
      '',
    ],
    [
      'a picture of a link outlives revoke-links',
      'open-shared-image.ts: openSharedImage',
      'epoch !== image.epoch || ',
      '',
    ],
    [
      'every link of an album gives originals',
      'open-shared-image.ts: openSharedImage',
      "file === 'original' && !link.originals",
      'false',
    ],
    [
      'every link of an album downloads',
      'link-terms.ts: downloadsOf',
      "allow.includes('download') && settings.sharesOriginals",
      'true',
    ],
    [
      'a link of an album asks for no password',
      'open-album-link.ts: passedUntil',
      'link.password === null || picture',
      'true',
    ],
    [
      'a pass outlives another password',
      'open-album-link.ts: passedUntil',
      'pass?.linkRevision !== link.revision',
      'pass === null',
    ],
    ['wrong passwords are not counted', 'unlock-album-link.ts: unlockAlbumLink', 'await guesses.count();', ''],
    ['right passwords are counted', 'unlock-album-link.ts: unlockAlbumLink', 'return guesses.uncount();', 'return;'],
    [
      'a link of an album that was shortened opens until its first end',
      'open-album-link.ts: lockedAlbumLink',
      'requireUnexpired(link.expiresAt, clock.now());',
      '',
    ],
    [
      'a list by a link changes its order half-way',
      'find-shared-images.ts: positionIn',
      'asked ? [] : LIST_ORDERS',
      'asked || first ? [] : LIST_ORDERS',
    ],
    [
      'an album has any number of links',
      'create-album-link.ts: createAlbumLink',
      'links.length >= MAX_ALBUM_LINKS',
      'false',
    ],
  ]),
  ...caughtBy('packages/server/test/albums/limits.test.ts', [
    [
      'an album by hand may have any number of images',
      'change-album.ts: requireFew',
      'images <= MAX_IMAGES_BY_HAND',
      'true',
    ],
    [
      'an album may have any number of images',
      'change-album-images.ts: requireRoom',
      'count + coming - leaving <= limit',
      'true',
    ],
  ]),
];

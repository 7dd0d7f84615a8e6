import { type BitWriter, createBitWriter } from './hevc-cabac.ts';
import { chromaFormat, type HevcPicture, isLevel41, layoutOf, type Nclx } from './hevc-picture.ts';

/** `profile_tier_level` (7.3.3) without the level's sub-layers: 12 bytes, which `hvcC` repeats. */
export function profileTierLevel(picture: HevcPicture): Buffer {
  const { chroma, bitDepth } = picture;
  const [mainStillPicture, main10, rangeExtensions] = [3, 2, 4];
  const isMain = chroma === '4:2:0';
  const profile = !isMain ? rangeExtensions : bitDepth === 8 ? mainStillPicture : main10;
  // A decoder of Main decodes Main Still Picture, one of Main 10 decodes both (A.3.2 to A.3.4).
  const compatible = { 2: [2], 3: [1, 2, 3], 4: [4] }[profile] ?? [];
  const writer = createBitWriter();
  writer.u(8, profile);
  writer.u(
    32,
    compatible.reduce((flags, one) => flags | (1 << (31 - one)), 0),
  );
  writer.u(4, 0b1001); // progressive_source_flag, frame_only_constraint_flag
  // max_12bit, 10bit, 8bit, 422chroma, 420chroma, monochrome; intra, one_picture_only, lower_bit_rate (table A.2)
  const { idc } = chromaFormat(chroma);
  const constraints = [true, true, bitDepth === 8, idc < 3, idc < 2, idc < 1, true, false, true];
  for (const isSet of constraints) writer.u(1, !isMain && isSet ? 1 : 0);
  writer.u(32, 0);
  writer.u(3, 0);
  writer.u(8, isLevel41(picture) ? 123 : 186);
  return writer.bytes();
}

/** 7.3.2.1. */
export function videoParameters(picture: HevcPicture): Buffer {
  const writer = createBitWriter();
  writer.u(4, 0); // vps_video_parameter_set_id
  writer.u(2, 0b11); // base layer is internal and available
  writer.u(6, 0); // vps_max_layers_minus1
  writer.u(3, 0); // vps_max_sub_layers_minus1
  writer.u(1, 1); // vps_temporal_id_nesting_flag
  writer.u(16, 0xffff);
  for (const byte of profileTierLevel(picture)) writer.u(8, byte);
  writer.u(1, 1); // vps_sub_layer_ordering_info_present_flag
  for (let bound = 0; bound < 3; bound++) writer.ue(0); // pictures in the buffer minus 1, reordered, latency
  writer.u(6, 0); // vps_max_layer_id
  writer.ue(0); // vps_num_layer_sets_minus1
  writer.u(2, 0); // no timing, no extension
  writer.trailing();
  return writer.bytes();
}

/** 7.3.2.2. */
export function sequenceParameters(picture: HevcPicture): Buffer {
  const { width, height, bitDepth, chroma } = picture;
  const { idc, across, down } = chromaFormat(chroma);
  const { log2Block, columns, rows } = layoutOf(picture);
  const writer = createBitWriter();
  writer.u(4, 0); // sps_video_parameter_set_id
  writer.u(3, 0); // sps_max_sub_layers_minus1
  writer.u(1, 1); // sps_temporal_id_nesting_flag
  for (const byte of profileTierLevel(picture)) writer.u(8, byte);
  writer.ue(0); // sps_seq_parameter_set_id
  writer.ue(idc);
  if (idc === 3) writer.u(1, 0); // separate_colour_plane_flag
  const [coded, lines] = [columns << log2Block, rows << log2Block];
  writer.ue(coded);
  writer.ue(lines);
  writer.u(1, 1); // conformance_window_flag; its offsets count chroma samples
  for (const offset of [0, Math.floor((coded - width) / across), 0, Math.floor((lines - height) / down)]) {
    writer.ue(offset);
  }
  writer.ue(bitDepth - 8);
  writer.ue(bitDepth - 8);
  writer.ue(0); // log2_max_pic_order_cnt_lsb_minus4
  writer.u(1, 1); // sps_sub_layer_ordering_info_present_flag
  for (let bound = 0; bound < 3; bound++) writer.ue(0);
  writer.ue(log2Block - 3); // the least coding block
  writer.ue(0); // which is the largest as well, so that no split flag is coded
  writer.ue(0); // transform blocks from 4
  writer.ue(log2Block - 2); // to the coding block's size
  writer.ue(0); // max_transform_hierarchy_depth_inter
  writer.ue(0); // max_transform_hierarchy_depth_intra
  writer.u(3, 0); // no scaling lists, asymmetric partitions, sample adaptive offset
  writer.u(1, 1); // pcm_enabled_flag
  writer.u(4, bitDepth - 1);
  writer.u(4, bitDepth - 1);
  writer.ue(log2Block - 3); // I_PCM blocks of this size only
  writer.ue(0);
  writer.u(1, 1); // pcm_loop_filter_disabled_flag
  writer.ue(0); // num_short_term_ref_pic_sets
  writer.u(3, 0); // no long-term pictures, temporal motion vectors, strong smoothing
  writer.u(1, picture.vui ? 1 : 0);
  if (picture.vui) writeUsability(writer, picture.vui);
  writer.u(1, 0); // sps_extension_present_flag
  writer.trailing();
  return writer.bytes();
}

/** `vui_parameters` (E.2.1) with just a video signal type. */
function writeUsability(writer: BitWriter, { primaries, transfer, matrix, isFullRange }: Nclx): void {
  writer.u(2, 0); // no aspect ratio, overscan information
  writer.u(1, 1); // video_signal_type_present_flag
  writer.u(3, 5); // video_format unspecified
  writer.u(1, isFullRange ? 1 : 0);
  writer.u(1, 1); // colour_description_present_flag
  for (const code of [primaries, transfer, matrix]) writer.u(8, code);
  writer.u(7, 0); // no chroma location, neutral chroma, fields (2), display window, timing, restrictions
}

/** 7.3.2.3. */
export function pictureParameters(): Buffer {
  const writer = createBitWriter();
  writer.ue(0); // pps_pic_parameter_set_id
  writer.ue(0); // pps_seq_parameter_set_id
  writer.u(7, 0); // no dependent slices, output flag, extra bits, sign hiding, cabac_init_flag
  for (let value = 0; value < 3; value++) writer.ue(0); // num_ref_idx minus 1 of both lists; init_qp_minus26
  writer.u(3, 0); // no constrained intra prediction, transform skip, cu_qp_delta
  writer.ue(0); // pps_cb_qp_offset
  writer.ue(0); // pps_cr_qp_offset
  writer.u(7, 0); // no slice offsets, weights (2), transquant bypass, tiles, wavefronts, filter across slices
  writer.u(3, 0b101); // deblocking control present, no override, deblocking disabled
  writer.u(2, 0); // no scaling lists, list modification
  writer.ue(0); // log2_parallel_merge_level_minus2
  writer.u(2, 0); // no slice header extension, extension
  writer.trailing();
  return writer.bytes();
}

export interface CephPorts {
  readonly monitor: number;
  readonly gateway: number;
}

/**
 * One monitor, one OSD that keeps everything in memory, no manager; nothing outside `folder`, nothing beyond loopback.
 */
export const cephConfig = (folder: string, fsid: string, ports: CephPorts): string => `[global]
fsid = ${fsid}
mon_host = v2:127.0.0.1:${ports.monitor}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1

auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = ${folder}/keyring

mon_data = ${folder}/mon
osd_data = ${folder}/osd
rgw_data = ${folder}/rgw
run_dir = ${folder}
crash_dir = ${folder}
log_file = ${folder}/$name.log
admin_socket =
pid_file =

# A monitor is content with the disk that there is, and quick to publish.
mon_data_avail_crit = 0
mon_data_avail_warn = 0
paxos_propose_interval = 0.05
paxos_min_wait = 0.01

osd_objectstore = memstore
memstore_device_bytes = ${8 * 1024 ** 3}
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true

# A copy's answer waits 40 ms for the client's acknowledgement otherwise.
rgw_frontends = beast endpoint=127.0.0.1:${ports.gateway} tcp_nodelay=1
# 512 threads otherwise.
rgw_thread_pool_size = 64
# Deleted bytes are memory: two hours otherwise.
rgw_gc_obj_min_wait = 60
rgw_gc_processor_period = 60
# Encryption with a key of the client's is allowed without TLS.
rgw_crypt_require_ssl = false
`;

/** One key for all daemons: radosgw requires cephx. */
export const cephKeyring = (key: string): string =>
  ['mon.', 'client.admin', 'osd.0']
    .map((name) => `[${name}]\n\tkey = ${key}\n\tcaps mon = "allow *"\n\tcaps osd = "allow *"\n`)
    .join('');

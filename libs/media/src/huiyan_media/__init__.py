"""Pure, synchronous media code: NAL units, access units, GOPs, RTP, fMP4, the media frame."""

// The sign-bit converter: from a start position, going round, the first L-c zeros of a row of signs become ones, or the
// first c-L ones become zeros; c counts the row's ones. Pins and behaviour: docs/cosim.md; the same, clock by clock, in
// hw/converter/sign_bit_cycle.cpp.
module sign_bit_converter #(
  parameter Ripple = 0 // count candidates one after another, instead of by a parallel prefix
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         zeroise_i,
  // a row, and the level that it is to have
  input  logic         request_valid_i,
  output logic         request_ready_o,
  input  logic [255:0] source_i,
  input  logic [7:0]   start_i,
  input  logic [7:0]   level_i,
  // the stream
  output logic         stream_valid_o,
  input  logic         stream_ready_i,
  output logic [255:0] stream_o
);

  typedef enum logic [1:0] {Idle, Count, Inject, Offer} state_e;

  state_e       state_q;
  logic [255:0] source_q, stream_q;
  logic [7:0]   start_q, level_q;
  logic         lacks_q;  // ones, not zeros, are to be injected
  logic [8:0]   number_q; // how many

  // Count: how many ones there are, by a tree of adders.
  logic [8:0] ones, level;

  generate
    for (genvar k = 0; k <= 8; k++) begin : g_sum
      for (genvar i = 0; i < (256 >> k); i++) begin : g_node
        logic [k:0] sum; // of 2^k bits
        if (k == 0) assign sum = source_q[i];
        else assign sum = {1'b0, g_sum[k-1].g_node[2*i].sum} + {1'b0, g_sum[k-1].g_node[2*i+1].sum};
      end
    end
  endgenerate
  assign ones  = g_sum[8].g_node[0].sum;
  assign level = {1'b0, level_q};

  // Inject: candidates in the order in which they are met, and which of them are among the first ones.
  logic [255:0] turned, candidates, first;

  always_comb begin
    turned = source_q;
    for (int k = 0; k < 8; k++)
      if (start_q[k]) turned = (turned >> (1 << k)) | (turned << (256 - (1 << k)));
  end
  assign candidates = lacks_q ? ~turned : turned;

  // Candidates up to each place are counted. Most high bits of these counts are never one, so toggles say nothing.
  // verilator coverage_off
  generate
    if (Ripple != 0) begin : g_ripple
      for (genvar i = 0; i < 256; i++) begin : g_place
        logic [8:0] met;
        if (i == 0) assign met = {8'd0, candidates[i]};
        else assign met = g_place[i-1].met + {8'd0, candidates[i]};
        assign first[i] = met <= number_q;
      end
    end else begin : g_prefix
      for (genvar k = 0; k <= 8; k++) begin : g_level
        for (genvar i = 0; i < 256; i++) begin : g_place
          logic [8:0] met; // since the beginning of a group of 2^k
          if (k == 0) assign met = {8'd0, candidates[i]};
          else if (i % (1 << k) < (1 << (k - 1))) assign met = g_level[k-1].g_place[i].met;
          else assign met = g_level[k-1].g_place[i].met + g_level[k-1].g_place[i-i%(1<<(k-1))-1].met;
        end
      end
      for (genvar i = 0; i < 256; i++) begin : g_first
        assign first[i] = g_level[8].g_place[i].met <= number_q;
      end
    end
  endgenerate
  // verilator coverage_on

  function automatic logic [255:0] turned_back(input logic [255:0] bits, input logic [7:0] start);
    turned_back = bits;
    for (int k = 0; k < 8; k++)
      if (start[k]) turned_back = (turned_back << (1 << k)) | (turned_back >> (256 - (1 << k)));
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q  <= Idle;
      source_q <= '0;
      stream_q <= '0;
      start_q  <= '0;
      level_q  <= '0;
      lacks_q  <= 1'b0;
      number_q <= '0;
    end else if (zeroise_i) begin
      state_q  <= Idle;
      source_q <= '0;
      stream_q <= '0;
      start_q  <= '0;
      level_q  <= '0;
      lacks_q  <= 1'b0;
      number_q <= '0;
    end else begin
      case (state_q)
        Idle: begin
          if (request_valid_i) begin
            source_q <= source_i;
            start_q  <= start_i;
            level_q  <= level_i;
            state_q  <= Count;
          end
        end
        Count: begin
          lacks_q  <= level > ones;
          number_q <= level > ones ? level - ones : ones - level;
          state_q  <= Inject;
        end
        Inject: begin
          stream_q <= source_q ^ turned_back(candidates & first, start_q);
          state_q  <= Offer;
        end
        default: begin
          if (stream_ready_i) begin // nothing that depends on secrets stays
            state_q  <= Idle;
            source_q <= '0;
            stream_q <= '0;
            start_q  <= '0;
            level_q  <= '0;
            lacks_q  <= 1'b0;
            number_q <= '0;
          end
        end
      endcase
    end
  end

  assign request_ready_o = state_q == Idle;
  assign stream_valid_o  = state_q == Offer;
  assign stream_o        = stream_q;

`ifdef FORMAL // proven by scripts/check_formal, for every input and every number of clocks
  logic kept_q; // neither reset nor zeroised at the last edge

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) kept_q <= 1'b0;
    else kept_q <= !zeroise_i;
  end

  always_comb begin
    // nothing is left after zeroise, and between conversions
    if (!kept_q || request_ready_o)
      assert (source_q == '0 && stream_q == '0 && start_q == '0 && level_q == '0 && number_q == '0 && !lacks_q);
    // what is made of secrets shows only as a stream on offer
    if (!stream_valid_o) assert (stream_o == '0);
  end
`endif

endmodule

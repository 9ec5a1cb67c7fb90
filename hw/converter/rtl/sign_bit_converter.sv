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
  logic [8:0] sums [256];
  logic [8:0] ones, level;

  always_comb begin
    for (int i = 0; i < 256; i++) sums[i] = {8'd0, source_q[i]};
    for (int k = 0; k < 8; k++)
      for (int i = 0; i < 256; i++)
        if (i % (2 << k) == 0) sums[i] = sums[i] + sums[i + (1 << k)];
  end
  assign ones  = sums[0];
  assign level = {1'b0, level_q};

  // Inject: candidates in the order in which they are met, and how many there are up to each.
  logic [255:0] turned, candidates, injected;
  logic [8:0]   met [256];

  always_comb begin
    turned = source_q;
    for (int k = 0; k < 8; k++)
      if (start_q[k]) turned = (turned >> (1 << k)) | (turned << (256 - (1 << k)));
  end
  assign candidates = lacks_q ? ~turned : turned;

  generate
    if (Ripple != 0) begin : g_ripple
      always_comb begin
        met[0] = {8'd0, candidates[0]};
        for (int i = 1; i < 256; i++) met[i] = met[i-1] + {8'd0, candidates[i]};
      end
    end else begin : g_prefix
      always_comb begin
        for (int i = 0; i < 256; i++) met[i] = {8'd0, candidates[i]};
        for (int k = 0; k < 8; k++)
          for (int i = 0; i < 256; i++)
            if (i % (2 << k) >= (1 << k)) met[i] = met[i] + met[i - i % (1 << k) - 1];
      end
    end
  endgenerate

  always_comb begin
    for (int i = 0; i < 256; i++) injected[i] = candidates[i] && met[i] <= number_q;
    for (int k = 0; k < 8; k++)
      if (start_q[k]) injected = (injected << (1 << k)) | (injected >> (256 - (1 << k)));
  end

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
          stream_q <= source_q ^ injected;
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

endmodule

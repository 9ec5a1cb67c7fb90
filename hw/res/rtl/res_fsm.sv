// The runtime encryption scheduler's state machine: which layers may be in clear, and which command is legal when. Pins and
// behaviour: docs/cosim.md; the same, clock by clock, in hw/res/res_cycle.cpp.
module res_fsm (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         emergency_i,
  input  logic [7:0]   open_limit_i,
  // a command
  input  logic         command_valid_i,
  output logic         command_ready_o,
  input  logic [3:0]   command_i,
  input  logic [7:0]   layer_i,
  input  logic [7:0]   layers_i,
  input  logic [2:0]   cause_i,
  // whether it was legal
  output logic         answer_valid_o,
  input  logic         answer_ready_i,
  output logic         legal_o,
  // where the machine is
  output logic [2:0]   state_o,
  output logic [2:0]   fault_o,
  output logic [7:0]   layers_o,
  output logic [7:0]   blobs_o,
  output logic [7:0]   open_o,
  output logic [255:0] layer_states_o
);

  localparam logic [7:0] Layers = 8'd128;

  localparam logic [3:0] PowerOff = 4'd0, BeginBoot = 4'd1, BlobOpened = 4'd2, EndBoot = 4'd3, BeginUnlock = 4'd4,
                         EndUnlock = 4'd5, BeginLock = 4'd6, EndLock = 4'd7, BeginShutdown = 4'd8, EndShutdown = 4'd9,
                         Fail = 4'd10;
  localparam logic [2:0] StateOff = 3'd0, StateBoot = 3'd1, StateLocked = 3'd2, StateUnlocking = 3'd3, StateCompute = 3'd4,
                         StateLocking = 3'd5, StateShutdown = 3'd6, StateFault = 3'd7;
  localparam logic [2:0] NoFault = 3'd0, IllegalCommand = 3'd5;
  localparam logic [1:0] IsLocked = 2'd0, IsUnlocking = 2'd1, IsClear = 2'd2, IsLocking = 2'd3;

  // What does not follow from the layers.
  typedef enum logic [2:0] {Off, Boot, Running, Shutdown, Emergency, Fault} phase_e;

  phase_e       phase_q;
  logic [2:0]   fault_q;
  logic [7:0]   layers_q, blobs_q, open_q;
  logic [255:0] states_q;
  logic         answers_q, legal_q;

  // Layers in each state.
  logic [127:0] unlocking, clear, locking;
  logic         any_unlocking, any_clear, any_locking;

  always_comb begin
    for (int l = 0; l < 128; l++) begin
      unlocking[l] = states_q[2*l +: 2] == IsUnlocking;
      clear[l]     = states_q[2*l +: 2] == IsClear;
      locking[l]   = states_q[2*l +: 2] == IsLocking;
    end
  end
  assign any_unlocking = |unlocking;
  assign any_clear     = |clear;
  assign any_locking   = |locking;

  // The command: whether it is legal, and what it makes of its layer.
  logic       takes, legal, moves, known;
  logic [1:0] is, next;

  assign takes = command_valid_i && !answers_q;
  assign is    = states_q[{layer_i[6:0], 1'b0} +: 2];
  assign known = phase_q == Running && layer_i < layers_q;

  always_comb begin
    legal = 1'b0;
    moves = 1'b0;
    next  = IsLocked;
    case (command_i)
      PowerOff:      legal = 1'b1;
      BeginBoot:     legal = phase_q == Off && layers_i != 8'd0 && layers_i <= Layers;
      BlobOpened:    legal = phase_q == Boot && layer_i == blobs_q && blobs_q < layers_q;
      EndBoot:       legal = phase_q == Boot && blobs_q == layers_q;
      BeginUnlock: begin
        legal = known && is == IsLocked && open_q < open_limit_i;
        moves = 1'b1;
        next  = IsUnlocking;
      end
      EndUnlock: begin
        legal = known && is == IsUnlocking;
        moves = 1'b1;
        next  = IsClear;
      end
      BeginLock: begin
        legal = known && is == IsClear;
        moves = 1'b1;
        next  = IsLocking;
      end
      EndLock: begin
        legal = known && is == IsLocking;
        moves = 1'b1;
        next  = IsLocked;
      end
      BeginShutdown: legal = !any_unlocking && !any_locking && phase_q != Shutdown;
      EndShutdown:   legal = phase_q == Shutdown;
      Fail:          legal = 1'b1;
      default:       legal = 1'b0;
    endcase
  end

  // An emergency, a failure or power-off locks every layer at once.
  logic fails, ends;

  assign fails = takes && (!legal || command_i == Fail);
  assign ends  = takes && legal && (command_i == PowerOff || command_i == EndShutdown);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= Off;
      fault_q <= NoFault;
    end else if (emergency_i) begin
      phase_q <= Emergency;
    end else if (fails) begin
      phase_q <= Fault;
      if (phase_q != Fault) fault_q <= legal ? cause_i : IllegalCommand; // the first cause counts
    end else if (ends) begin
      phase_q <= Off;
      fault_q <= NoFault;
    end else if (takes) begin
      case (command_i)
        BeginBoot:     phase_q <= Boot;
        EndBoot:       phase_q <= Running;
        BeginShutdown: phase_q <= Shutdown;
        default:       phase_q <= phase_q;
      endcase
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      layers_q <= '0;
      blobs_q  <= '0;
    end else if (ends && !emergency_i) begin
      layers_q <= '0;
      blobs_q  <= '0;
    end else if (takes && legal && !emergency_i) begin
      if (command_i == BeginBoot) layers_q <= layers_i;
      if (command_i == BlobOpened) blobs_q <= blobs_q + 8'd1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      states_q <= '0;
      open_q   <= '0;
    end else if (emergency_i || fails || ends) begin
      states_q <= '0;
      open_q   <= '0;
    end else if (takes && moves) begin
      states_q[{layer_i[6:0], 1'b0} +: 2] <= next;
      if (command_i == BeginUnlock) open_q <= open_q + 8'd1;
      if (command_i == EndLock) open_q <= open_q - 8'd1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      answers_q <= 1'b0;
      legal_q   <= 1'b0;
    end else if (takes) begin
      answers_q <= 1'b1;
      legal_q   <= legal && !emergency_i;
    end else if (answer_ready_i) begin
      answers_q <= 1'b0;
    end
  end

  always_comb begin
    case (phase_q)
      Off:     state_o = StateOff;
      Boot:    state_o = StateBoot;
      Fault:   state_o = StateFault;
      Running: state_o = any_clear ? StateCompute : any_unlocking ? StateUnlocking : any_locking ? StateLocking : StateLocked;
      default: state_o = StateShutdown;
    endcase
  end

  assign command_ready_o = !answers_q;
  assign answer_valid_o  = answers_q;
  assign legal_o         = answers_q && legal_q;
  assign fault_o         = fault_q;
  assign layers_o        = layers_q;
  assign blobs_o         = blobs_q;
  assign open_o          = open_q;
  assign layer_states_o  = states_q;

`ifdef FORMAL // proven by scripts/check_formal, for every input and every number of clocks
  logic failing_q; // since an emergency, until the chip is off

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) failing_q <= 1'b0;
    else if (emergency_i) failing_q <= 1'b1;
    else if (state_o == StateOff) failing_q <= 1'b0;
  end

  always_comb begin
    // no way leads from an emergency to COMPUTE, nor to any layer's secrets, but through OFF
    if (failing_q) begin
      assert (state_o == StateShutdown || state_o == StateFault || state_o == StateOff);
      assert (layer_states_o == '0 && open_o == 8'd0);
    end
    // every layer is locked
    if (state_o == StateOff || state_o == StateBoot || state_o == StateLocked || state_o == StateFault)
      assert (layer_states_o == '0);
  end
`endif

endmodule
